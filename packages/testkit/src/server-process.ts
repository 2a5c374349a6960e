import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { repositoryRoot } from './repository-root.js';

/**
 * V8 spends two seconds of a core on the best code for the embedded PostgreSQL's WebAssembly: a server that lives for a minute, as
 * one of some ninety in a run, does with what its quick compiler makes.
 */
export const quickStart: readonly string[] = ['--liftoff-only'];

/** Logs beyond this many characters lose their beginning. */
const logLimit = 4_000_000;

/** One run of the built product as a child process. Ends only this child, by its own handle. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #onTestExit = () => this.#child.kill('SIGKILL');
  #log = '';

  constructor(env: Record<string, string>, main = productMain()) {
    if (!existsSync(main)) throw new Error(`${main} is missing; run 'npm run build' first`);
    this.#child = spawn(process.execPath, [...quickStart, main], {
      cwd: repositoryRoot(),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#keep(chunk));
    this.#child.on('error', (error) => this.#keep(Buffer.from(`could not start: ${error.message}\n`)));
    process.on('exit', this.#onTestExit);
    this.#child.once('exit', () => process.off('exit', this.#onTestExit));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Everything written to stdout and stderr so far, bounded. */
  get log(): string {
    return this.#log;
  }

  /** Waits for `GET /readyz` to give 200. Fails at once, with the log's tail, when the process ends before. */
  async ready(baseUrl: string, timeoutMs: number): Promise<void> {
    try {
      await eventually(async () => !this.running || (await isReady(baseUrl)), { timeoutMs, everyMs: 50 });
    } catch (error) {
      throw new Error(`the server was not ready within ${timeoutMs} ms\n${this.#tail()}`, { cause: error });
    }
    if (!this.running) throw new Error(`the server ended with ${this.#fate()} before it was ready\n${this.#tail()}`);
  }

  /** Sends the signal and waits for the end; SIGKILL follows when SIGTERM has not worked in time, and is an error. */
  async end(signal: 'SIGTERM' | 'SIGKILL', timeoutMs = 20_000): Promise<void> {
    if (!this.running) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      this.#child.kill('SIGKILL');
    }, timeoutMs);
    await exited;
    clearTimeout(timer);
    if (overdue) throw new Error(`the server did not stop within ${timeoutMs} ms of ${signal}\n${this.#tail()}`);
  }

  #keep(chunk: Buffer): void {
    this.#log = (this.#log + chunk.toString('utf8')).slice(-logLimit);
  }

  #tail(): string {
    return `--- end of its log ---\n${this.#log.slice(-6_000)}`;
  }

  #fate(): string {
    return this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
  }
}

/** The built product. */
function productMain(): string {
  return join(repositoryRoot(), 'apps', 'server', 'dist', 'main.js');
}

async function isReady(baseUrl: string): Promise<boolean> {
  const response = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.status === 200;
}
