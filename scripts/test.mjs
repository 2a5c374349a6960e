// `npm test`: sets up what the tests need, checks format, lint, types and imports, then runs every test.
// Arguments go to the test runner: `npm test -- packages/sip`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages, fail, root, run } from './prepare.mjs';

ensurePackages({ production: false, probe: 'vitest' });

// Foreign programs that the tests talk to, with the Debian package that brings each.
const foreign = [
  { name: 'Chromium', path: process.env.INTERMIX_CHROMIUM ?? '/usr/bin/chromium', debian: 'chromium' },
  { name: 'Firefox', path: '/usr/bin/firefox-esr', debian: 'firefox-esr' },
  { name: 'PulseAudio', path: '/usr/bin/pulseaudio', debian: 'pulseaudio' },
  { name: 'Kamailio', path: '/usr/sbin/kamailio', debian: 'kamailio' },
  {
    name: 'its WebSocket',
    path: '/var/lib/dpkg/info/kamailio-websocket-modules.list',
    debian: 'kamailio-websocket-modules',
  },
  { name: 'rtpengine', path: '/usr/bin/rtpengine', debian: 'rtpengine-daemon' },
  { name: 'coturn', path: '/usr/bin/turnserver', debian: 'coturn' },
  { name: 'SIPp', path: '/usr/bin/sipp', debian: 'sip-tester' },
  { name: 'baresip', path: '/usr/bin/baresip', debian: 'baresip-core' },
  { name: 'espeak-ng', path: '/usr/bin/espeak-ng', debian: 'espeak-ng' },
  { name: 'PostgreSQL', path: '/usr/lib/postgresql/15/bin/initdb', debian: 'postgresql-15' },
];

/** Packages that bring a daemon would start it: the tests start what they need, where they need it. */
function startNoDaemons() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  process.once('exit', () => rmSync(policy, { force: true }));
}

function installForeign() {
  const missing = foreign.filter(({ path }) => !existsSync(path));
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  const names = missing.map(({ name }) => name).join(', ');
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    process.stdout.write(`Installing ${names} for the tests…\n`);
    startNoDaemons();
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], { env: environment });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env: environment });
    return;
  }
  const sentence = `Missing for the tests: ${names}. Install them with: sudo apt-get install ${packages.join(' ')}`;
  if (process.env.CI === 'true') fail(sentence);
  process.stderr.write(`\n${sentence}\nThe tests that need them will be skipped.\n\n`);
}

installForeign();
run(process.execPath, ['scripts/build.mjs']);

const filters = process.argv.slice(2);
if (filters.length === 0) {
  run('npm', ['run', '--silent', 'format']);
  run('npm', ['run', '--silent', 'lint']);
  run('npm', ['run', '--silent', 'types']);
}

const folder = mkdtempSync(join(tmpdir(), 'intermix-test-'));
const report = join(folder, 'report.json');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const result = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
  { cwd: root, stdio: 'inherit' },
);
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
  process.stdout.write(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(result.status ?? 1);
