import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configManual } from './manual.js';
import { ConfigError, isLocalOnly, readConfig } from './read-config.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('has a default for everything that a first start needs', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ httpHost: '127.0.0.1', httpPort: 8080, sipPort: 5060, simulatedPstn: 'auto' });
    expect(config.databaseUrl).toBeUndefined();
  });

  it.each([
    ['INTERMIX_HTTP_PORT', 'abc', 'port number'],
    ['INTERMIX_HTTP_PORT', '70000', 'port number'],
    ['INTERMIX_SIP_PORT', '-1', 'port number'],
    ['INTERMIX_HTTP_HOST', 'a b', 'host name'],
    ['INTERMIX_SIP_T1_MS', '49', 'from 50 to 2000'],
    ['INTERMIX_SIP_T1_MS', '0.5', 'from 50 to 2000'],
    ['INTERMIX_DATABASE_URL', 'mysql://x', 'postgres://'],
    ['INTERMIX_SIMULATED_PSTN', 'maybe', 'auto, on, off'],
    ['INTERMIX_ALLOW_PRIVATE_URLS', 'yes', 'auto, on, off'],
    ['INTERMIX_LOG_LEVEL', 'loud', 'debug'],
    ['INTERMIX_MEDIA_ENGINE', 'asterisk', 'embedded'],
    ['INTERMIX_RTPENGINE_URLS', 'tcp:1.2.3.4', 'udp:'],
    ['INTERMIX_ALLOWED_ORIGINS', 'crm.example', 'https://crm.example'],
    ['INTERMIX_API_ORIGINS', 'https://crm.example,crm', 'https://crm.example'],
    ['INTERMIX_TRUSTED_PROXIES', 'nginx', '127.0.0.1,10.0.0.0/8'],
    ['INTERMIX_TRUSTED_PROXIES', '127.0.0.1,', '127.0.0.1,10.0.0.0/8'],
    ['INTERMIX_TRUSTED_PROXIES', '10.0.0.0/33', '127.0.0.1,10.0.0.0/8'],
    ['INTERMIX_TRUSTED_PROXIES', '0.0.0.0/0', '127.0.0.1,10.0.0.0/8'],
    ['INTERMIX_PUBLIC_URL', 'pbx.example', 'https://pbx.example'],
    ['INTERMIX_RECORDINGS_S3_ENDPOINT', 's3.example:9000', 'https://s3.example:9000'],
    ['INTERMIX_RECORDINGS_S3_PREFIX', '/a/', 'intermix/recordings'],
    ['INTERMIX_TTS_ENGINE', 'festival', 'espeak-ng'],
    ['INTERMIX_TTS_URL', 'api.openai.com', 'https://api.openai.com/v1'],
    ['INTERMIX_TTS_URL', 'https://key@api.openai.com/v1', 'without user'],
    ['INTERMIX_CORE_SECRET', 'twenty-three characters', 'at least 24 characters'],
    ['INTERMIX_HTTP_PROT', '8080', 'not a setting'],
  ])('refuses %s=%s with a sentence that names it and the cure', (name, value, cure) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
    expect(problems[0]).toContain(cure);
  });

  it.each([
    ['INTERMIX_CORE_SECRET', 'planted-secret'],
    ['INTERMIX_DATABASE_URL', 'mysql://u:planted@db.example/x'],
    ['INTERMIX_TTS_URL', 'https://planted@api.openai.com/v1'],
  ])('repeats nothing of %s, which may hold a secret', (name, value) => {
    expect(problemsOf({ [name]: value })[0]).toContain(name);
    expect(problemsOf({ [name]: value })[0]).not.toContain('planted');
  });

  it('names settings that contradict each other', () => {
    expect(problemsOf({ INTERMIX_TLS_CERT_FILE: 'a.pem' })[0]).toContain('belong together');
    expect(problemsOf({ INTERMIX_SIPS_PORT: '5061' })[0]).toContain('certificate');
    expect(problemsOf({ INTERMIX_RTP_PORT_MIN: '30000', INTERMIX_RTP_PORT_MAX: '30001' })[0]).toContain('at least 3');
    expect(problemsOf({ INTERMIX_WEBRTC_PORT: '30010' })[0]).toContain('RTP port range');
    expect(problemsOf({ INTERMIX_RECORDINGS_S3_KEY_ID: 'k' })[0]).toContain('belong together');
    expect(problemsOf({ INTERMIX_TTS_ENGINE: 'http' })[0]).toContain('INTERMIX_TTS_URL');
  });

  it('takes a list of TURN servers, with their secret only', () => {
    expect(problemsOf({ INTERMIX_TURN_URLS: 'turn:a.example' })[0]).toContain('belong together');
    expect(problemsOf({ INTERMIX_TURN_SECRET: 's' })[0]).toContain('belong together');
    expect(problemsOf({ INTERMIX_TURN_URLS: 'a.example', INTERMIX_TURN_SECRET: 's' })[0]).toContain('such as turn:');
    const INTERMIX_TURN_URLS = 'turn:a.example:3478?transport=udp, turns:[2001:db8::1]:5349';
    expect(readConfig({ INTERMIX_TURN_URLS, INTERMIX_TURN_SECRET: 's', INTERMIX_STUN_PORT: '0' })).toMatchObject({
      turnUrls: ['turn:a.example:3478?transport=udp', 'turns:[2001:db8::1]:5349'],
      turnLifetimeSec: 28_800,
      stunPort: 0,
    });
  });

  it('takes it that others reach a server behind a reverse proxy', () => {
    expect(isLocalOnly(readConfig({}))).toBe(true);
    const config = readConfig({ INTERMIX_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,2001:db8::/32' });
    expect(config.trustedProxies).toEqual(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']);
    expect(isLocalOnly(config)).toBe(false);
  });

  it('tells all that is wrong at once', () => {
    expect(problemsOf({ INTERMIX_HTTP_PORT: 'x', INTERMIX_SIP_PORT: 'y' })).toHaveLength(2);
  });

  it('is described by docs/reference/config.md', () => {
    const page = readFileSync(new URL('../../../../docs/reference/config.md', import.meta.url), 'utf8');
    expect(page).toBe(configManual());
  });
});
