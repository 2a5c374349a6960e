import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { findExecutable } from './executable.js';
import { reservePorts } from './spare-ports.js';

/** The scenarios that come with the testkit; the README says what each does. */
export type SippScenario =
  | 'uac-call'
  | 'uac-bye'
  | 'uac-cancel'
  | 'uac-late-offer'
  | 'uac-auth-wrong'
  | 'uas-answer'
  | 'uas-busy'
  | 'uas-no-answer'
  | 'uas-early-media'
  | 'uas-bye';

export interface SippOptions {
  /** A scenario of the testkit by name, a path ending in `.xml`, or the scenario's text (it begins with `<`). */
  scenario: SippScenario | (string & {});
  /** host:port that a client scenario calls. */
  remote?: string;
  /** User part of the Request-URI of a client scenario. */
  service?: string;
  /** Number of calls after which SIPp ends by itself. Default 1. */
  calls?: number;
  /** Local SIP port. Default: one of a block reserved for this run. */
  port?: number;
  /**
   * `-key` values, used in the scenarios as `[name]`. `caller` is +911130000100 unless told otherwise;
   * `user` and `domain` also go into digest answers (SIPp's own keywords do not nest).
   */
  keys?: Record<string, string>;
  /** Send received RTP back (for the scenarios that answer). */
  echo?: boolean;
  /** Any further arguments. */
  args?: readonly string[];
  /** SIPp is ended, and the run has failed, after this long. Milliseconds, default 30,000. */
  timeoutMs?: number;
}

export interface SippResult {
  /** 0 all calls good, 1 at least one failed, 97 and 99 ended by command, 255 fatal; -1 ended by a signal. */
  exitCode: number;
  stats: { successful: number; failed: number; retransmissions: number };
  /** The messages sent and received, then what SIPp complained of. */
  log: string;
}

/** A SIPp at work. `done` never rejects: a failed run is a result. */
export interface SippRun {
  readonly port: number;
  readonly pid: number;
  readonly done: Promise<SippResult>;
  /** Messages so far. */
  messages(): string;
  /** Ends it before its time. */
  stop(): Promise<SippResult>;
}

/** Runs a scenario to its end. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  return (await startSipp(options)).done;
}

/** Starts SIPp: with a `uas-…` scenario it listens on `port` when this returns. */
export async function startSipp(options: SippOptions): Promise<SippRun> {
  const sipp = findExecutable('sipp', 'install it (Debian: apt-get install sip-tester)');
  const ports = await reservePorts();
  const folder = mkdtempSync(join(tmpdir(), 'intermix-sipp-'));
  const port = options.port ?? ports.port(0);
  const child = spawn(sipp, argumentsOf(options, folder, port, ports.port(2), ports.port(1)), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TERM: 'dumb' },
  });
  const output = collect(child);
  let isOver = false;
  const messages = () => read(join(folder, 'messages.log'));
  const done = ended(child, options.timeoutMs ?? 30_000).then((exitCode) => {
    isOver = true;
    const log = `${messages()}\n${read(join(folder, 'errors.log'))}\n${output().slice(-4_000)}`;
    const result = { exitCode, stats: statistics(folder), log };
    rmSync(folder, { recursive: true, force: true });
    ports.release();
    return result;
  });
  const listens = () => isOver || isBound(port);
  await eventually(listens, { timeoutMs: 5_000, message: `SIPp to listen on ${port}` });
  return {
    port,
    pid: child.pid ?? -1,
    done,
    messages,
    stop: () => {
      child.kill('SIGKILL');
      return done;
    },
  };
}

/** The file of a scenario that comes with the testkit. */
export function sippScenarioFile(name: string): string {
  return fileURLToPath(new URL(`../sipp/${name}.xml`, import.meta.url));
}

function scenarioFile(scenario: string, folder: string): string {
  if (scenario.trimStart().startsWith('<')) {
    const path = join(folder, 'scenario.xml');
    writeFileSync(path, scenario.trimStart());
    return path;
  }
  const path = scenario.endsWith('.xml') ? scenario : sippScenarioFile(scenario);
  if (!existsSync(path)) throw new Error(`there is no SIPp scenario ${path}`);
  return path;
}

function argumentsOf(
  options: SippOptions,
  folder: string,
  port: number,
  mediaPort: number,
  controlPort: number,
): string[] {
  const keys = Object.entries({ caller: '+911130000100', ...options.keys }).flatMap(([name, value]) => [
    '-key',
    name,
    value,
  ]);
  return [
    ...['-sf', scenarioFile(options.scenario, folder), '-i', '127.0.0.1', '-p', String(port)],
    ...['-mi', '127.0.0.1', '-mp', String(mediaPort), '-cp', String(controlPort)],
    ...[
      '-m',
      String(options.calls ?? 1),
      '-nostdin',
      '-timeout',
      `${Math.ceil((options.timeoutMs ?? 30_000) / 1000)}s`,
    ],
    ...['-timeout_error', '-trace_msg', '-message_file', join(folder, 'messages.log')],
    ...['-trace_err', '-error_file', join(folder, 'errors.log')],
    ...['-trace_stat', '-stf', join(folder, 'stat.csv'), '-fd', '1'],
    ...(options.service === undefined ? [] : ['-s', options.service]),
    ...(options.echo ? ['-rtp_echo'] : []),
    ...(options.keys?.user === undefined ? [] : ['-au', options.keys.user]),
    ...(options.keys?.domain === undefined ? [] : ['-auth_uri', options.keys.domain]),
    ...keys,
    ...(options.args ?? []),
    ...(options.remote === undefined ? [] : [options.remote]),
  ];
}

function collect(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-200_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

/** The exit code; a run that is a good deal over its own time-out is killed. */
function ended(child: ChildProcess, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const overdue = setTimeout(() => child.kill('SIGKILL'), timeoutMs + 3_000);
    const killWithTest = () => child.kill('SIGKILL');
    process.on('exit', killWithTest);
    child.once('error', () => resolve(255));
    child.once('close', (code) => {
      clearTimeout(overdue);
      process.off('exit', killWithTest);
      resolve(code ?? -1);
    });
  });
}

/**
 * Whether somebody listens on the port, by the kernel's tables: to try it by binding could get in SIPp's way. Where there are
 * no such tables (not Linux) the answer is yes, and a first request that comes too early is sent again by its transaction.
 */
function isBound(port: number): boolean {
  if (!existsSync('/proc/net/udp')) return true;
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return ['/proc/net/udp', '/proc/net/tcp'].some((table) => read(table).includes(hexPort));
}

/** The cumulative columns of the last line of SIPp's statistics file. */
function statistics(folder: string): SippResult['stats'] {
  const lines = read(join(folder, 'stat.csv')).trim().split('\n');
  const names = (lines[0] ?? '').split(';');
  const last = (lines.at(-1) ?? '').split(';');
  const value = (name: string) => Number(last[names.indexOf(name)] ?? 0) || 0;
  return {
    successful: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
  };
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

/** Names of all scenarios that come with the testkit. */
export function sippScenarios(): string[] {
  const folder = fileURLToPath(new URL('../sipp', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => name.slice(0, -4))
    .sort();
}
