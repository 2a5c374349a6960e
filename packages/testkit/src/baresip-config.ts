import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's baresip-core puts its modules. */
const moduleFolders = ['/usr/lib/baresip/modules', '/usr/lib/x86_64-linux-gnu/baresip/modules'];

export interface BaresipAccount {
  /** The address of record, `sip:user@domain`. */
  aor: string;
  /** Digest user name; default: the user part of the AOR. */
  authUser?: string;
  password?: string;
  /** Outbound proxy, `sip:127.0.0.1:5060;transport=udp`: every request goes there whatever the domain says. */
  outbound?: string;
  /** Seconds of a registration; 0 (the default) registers not at all. */
  registerSec?: number;
  /** In order of preference. Default PCMU, PCMA. */
  codecs?: readonly string[];
  /** Any other parameters, as baresip spells them: `answermode=auto`. */
  params?: readonly string[];
}

/** What the phone says: a WAV file, looped; what it hears, sent back. */
export type BaresipAudio = { wav: string } | 'echo';

export interface BaresipConfig {
  sipPort: number;
  controlPort: number;
  rtpPorts: readonly [from: number, to: number];
  accounts: readonly BaresipAccount[];
  audio: BaresipAudio;
}

/** Writes the three files that baresip reads at its start, so that it asks nobody and touches no sound card. */
export function writeBaresipConfig(folder: string, config: BaresipConfig): void {
  const recordings = join(folder, 'heard');
  mkdirSync(recordings);
  writeFileSync(join(folder, 'config'), configText(config, recordings));
  writeFileSync(join(folder, 'accounts'), `${config.accounts.map(accountLine).join('\n')}\n`);
  writeFileSync(join(folder, 'contacts'), '');
}

/** aubridge connects a player and a source of the same name: what is heard is said. A lone player is a sink. */
function configText(config: BaresipConfig, recordings: string): string {
  const source = config.audio === 'echo' ? 'aubridge,loop' : `aufile,${config.audio.wav}`;
  const player = config.audio === 'echo' ? 'aubridge,loop' : 'aubridge,sink';
  return [
    'poll_method epoll',
    `sip_listen 127.0.0.1:${config.sipPort}`,
    'net_interface 127.0.0.1',
    'call_local_timeout 120',
    'call_max_calls 8',
    `rtp_ports ${config.rtpPorts[0]}-${config.rtpPorts[1]}`,
    'audio_buffer 20-160',
    `audio_source ${source}`,
    `audio_player ${player}`,
    'audio_alert aubridge,alert',
    'ausrc_format s16',
    'auplay_format s16',
    `module_path ${moduleFolders.find(isFolder) ?? moduleFolders[0]}`,
    'module g711.so',
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    `snd_path ${recordings}`,
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${config.controlPort}`,
    '',
  ].join('\n');
}

function accountLine(account: BaresipAccount): string {
  const codecs = account.codecs ?? ['PCMU/8000/1', 'PCMA/8000/1'];
  const parts = [
    `<${account.aor}>`,
    ...(account.authUser === undefined ? [] : [`auth_user=${account.authUser}`]),
    `auth_pass=${account.password ?? 'none'}`,
    ...(account.outbound === undefined ? [] : [`outbound="${account.outbound}"`]),
    `regint=${account.registerSec ?? 0}`,
    `audio_codecs=${codecs.join(',')}`,
    ...(account.params ?? []),
  ];
  return parts.join(';');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
