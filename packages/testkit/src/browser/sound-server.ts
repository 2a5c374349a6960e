import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from '../daemon.js';
import { findExecutable } from '../executable.js';

/** A loudspeaker that nobody hears, for a browser on a machine without a sound card. */
export interface SoundServer {
  /** What a program needs to find it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * PulseAudio with a null sink, on a socket of its own. Firefox needs one: without any output device its Web Audio never runs,
 * while Chromium makes do with a clock.
 */
export async function startSoundServer(): Promise<SoundServer> {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-sound-'));
  const socket = join(folder, 'native');
  const script = join(folder, 'default.pa');
  const lines = [
    'load-module module-null-sink sink_name=nobody rate=48000 channels=2',
    `load-module module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'set-default-sink nobody',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  const daemon = await Daemon.start({
    name: 'PulseAudio',
    program: findExecutable('pulseaudio', 'install it (Debian: apt-get install pulseaudio)'),
    args: [
      ...['-n', '-F', script, '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disallow-exit'],
      ...['--realtime=no', '--high-priority=no', '--log-level=notice'],
    ],
    env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder },
    folder,
    isReady: () => listens(socket),
  });
  return { env: { PULSE_SERVER: `unix:${socket}` }, stop: () => daemon.stop() };
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => done(true));
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('error', () => done(false));
  });
}
