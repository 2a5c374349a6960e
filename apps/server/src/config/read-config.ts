import { IntermixError } from '@intermix/kernel';
import type { Setting } from './setting.js';
import { type Config, settings } from './settings.js';

/** One or more settings cannot be used. The message has one sentence for each. */
export class ConfigError extends IntermixError {
  readonly code = 'ERR_CONFIG';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all settings from environment variables. Throws ConfigError naming every setting that is wrong, with the cure. */
export function readConfig(environment: Environment): Config {
  const problems: string[] = unknownNames(environment);
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const given = environment[setting.name];
    const text = given === undefined || given === '' ? setting.default : given;
    if (text === undefined) continue;
    const reading = setting.read(text);
    if ('problem' in reading) problems.push(refusal(setting, text, reading.problem));
    else values[key] = reading.value;
  }
  if (problems.length === 0) problems.push(...contradictions(values as Config));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config;
}

function refusal({ name, isSecret }: Setting<unknown>, text: string, problem: string): string {
  return `${name} ${isSecret ? 'cannot be used' : `is "${text}"`}: ${problem}.`;
}

/** A misspelt name would silently leave a default in force, so it is refused. `INTERMIX_TEST_…` belongs to tests. */
function unknownNames(environment: Environment): string[] {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.name));
  const ours = /^INTERMIX_(?!TEST_|CHROMIUM$)/;
  return Object.keys(environment)
    .filter((name) => ours.test(name) && !known.has(name))
    .map((name) => `${name} is not a setting: check its spelling against docs/reference/config.md.`);
}

function contradictions(config: Config): string[] {
  const problems: string[] = [];
  if ((config.tlsCertFile === undefined) !== (config.tlsKeyFile === undefined)) {
    problems.push('INTERMIX_TLS_CERT_FILE and INTERMIX_TLS_KEY_FILE belong together: set both or neither.');
  }
  if (config.sipsPort !== undefined && config.tlsCertFile === undefined) {
    problems.push('INTERMIX_SIPS_PORT needs a certificate: set INTERMIX_TLS_CERT_FILE and INTERMIX_TLS_KEY_FILE.');
  }
  if (config.rtpPortMax - config.rtpPortMin < 3) {
    problems.push('INTERMIX_RTP_PORT_MAX must be at least 3 above INTERMIX_RTP_PORT_MIN: one call takes two ports.');
  }
  if (config.webrtcPort >= config.rtpPortMin && config.webrtcPort <= config.rtpPortMax) {
    problems.push('INTERMIX_WEBRTC_PORT lies in the RTP port range: move one of them.');
  }
  if ((config.turnUrls === undefined) !== (config.turnSecret === undefined)) {
    problems.push('INTERMIX_TURN_URLS and INTERMIX_TURN_SECRET belong together: set both or neither.');
  }
  if (config.ttsEngine === 'http' && config.ttsUrl === undefined) {
    problems.push('INTERMIX_TTS_ENGINE is "http": set INTERMIX_TTS_URL too.');
  }
  if ((config.recordingsS3KeyId === undefined) !== (config.recordingsS3Secret === undefined)) {
    problems.push(
      'INTERMIX_RECORDINGS_S3_KEY_ID and INTERMIX_RECORDINGS_S3_SECRET belong together: set both or neither.',
    );
  }
  if (config.mediaEngine === 'rtpengine') {
    problems.push('INTERMIX_MEDIA_ENGINE is "rtpengine": this version has the embedded engine only; unset it.');
  }
  return problems;
}

/** Whether nobody but programs of this machine reaches HTTP: on loopback, and no reverse proxy lets others in. */
export function isLocalOnly(config: Pick<Config, 'httpHost' | 'trustedProxies'>): boolean {
  return isLoopback(config.httpHost) && config.trustedProxies === undefined;
}

const loopback = /^(127\.|localhost$|::1$|\[::1\]$)/;

/** True when only programs of this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return loopback.test(host);
}
