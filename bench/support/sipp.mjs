// SIPp as a load generator on one core, with its own counts read back.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onCore, sleep } from './processes.mjs';

export function hasProgram(name) {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a scenario of bench/sipp. `rate` and `calls` for a client; neither for a server, which is to be stopped.
 * `done` gives SIPp's own counts. `lines` become the file that `[field0]`… are read from, in turn.
 */
export async function startSipp({ scenario, port, remote, rate, calls, core, lines, args = [], timeoutSec = 60 }) {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-bench-sipp-'));
  if (lines) writeFileSync(join(folder, 'lines.csv'), `SEQUENTIAL\n${lines.join('\n')}\n`);
  const [command, all] = onCore(core, 'sipp', [
    ...['-sf', fileURLToPath(new URL(`../sipp/${scenario}.xml`, import.meta.url)), '-i', '127.0.0.1'],
    ...['-p', String(port), '-nostdin', '-buff_size', '4000000', '-l', '15000', '-trace_stat', '-fd', '1'],
    ...['-stf', join(folder, 'stat.csv'), '-trace_err', '-error_file', join(folder, 'errors.log')],
    ...['-timeout', `${timeoutSec}s`, '-recv_timeout', '20000'],
    ...(rate === undefined ? [] : ['-r', String(rate)]),
    ...(calls === undefined ? [] : ['-m', String(calls)]),
    ...(lines ? ['-inf', join(folder, 'lines.csv')] : []),
    ...args,
    ...(remote === undefined ? [] : [remote]),
  ]);
  const child = spawn(command, all, { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'dumb' } });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const done = new Promise((resolve) => {
    child.once('close', (code) => {
      process.off('exit', kill);
      const errors = read(join(folder, 'errors.log'));
      const result = { code, ...countsOf(join(folder, 'stat.csv')), errors, refusals: refusalsIn(errors) };
      rmSync(folder, { recursive: true, force: true });
      resolve(result);
    });
  });
  if (rate === undefined) await sleep(300); // A server: time to bind.
  return {
    pid: child.pid,
    done,
    stop: () => {
      child.kill('SIGKILL');
      return done;
    },
  };
}

/** A client scenario from start to end. */
export async function runSipp(options) {
  return (await startSipp(options)).done;
}

function countsOf(path) {
  const lines = read(path).trim().split('\n');
  const names = (lines[0] ?? '').split(';');
  const last = (lines.at(-1) ?? '').split(';');
  const value = (name) => Number(last[names.indexOf(name)] ?? 0) || 0;
  return {
    good: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
    rate: value('CallRate(C)'),
  };
}

/** What SIPp had not expected, with how often, the most frequent first: why calls failed. */
function refusalsIn(errors) {
  const counts = new Map();
  const patterns = [/received 'SIP\/2\.0 (\d{3})/g, /received '([A-Z]+) /g, /(Timeout|timed out|max retrans)/g];
  for (const [, what] of patterns.flatMap((pattern) => [...errors.matchAll(pattern)]))
    counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([what, count]) => `${what} × ${count}`)
    .join(', ');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}
