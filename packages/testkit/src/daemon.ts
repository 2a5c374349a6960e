import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { eventually } from './eventually.js';

export interface DaemonOptions {
  /** What it is called in an error. */
  name: string;
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Where it runs, and what is removed after its end. */
  folder: string;
  /** Asked again and again until it says true, with all that the program has written so far. */
  isReady(log: string): boolean | Promise<boolean>;
}

/** A foreign program in the foreground, which lives as long as a test wants it, and no longer than the test's process. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #options: DaemonOptions;
  readonly #killWithTest = () => this.#child.kill('SIGKILL');
  #log = '';

  private constructor(options: DaemonOptions) {
    const { program, args, folder, env = process.env } = options;
    this.#options = options;
    this.#child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString('utf8')).slice(-200_000);
      });
    }
    this.#child.on('error', (error) => {
      this.#log += `could not start: ${error.message}\n`;
    });
    process.on('exit', this.#killWithTest);
    this.#child.once('exit', () => process.off('exit', this.#killWithTest));
  }

  /** Rejects with the end of its output when it ends, or is not ready within 10 s. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    const look = async () => !daemon.running || (await options.isReady(daemon.#log));
    try {
      await eventually(look, { timeoutMs: 10_000, everyMs: 30, message: options.name });
      if (!daemon.running) throw new Error('it ended');
      return daemon;
    } catch (cause) {
      await daemon.stop();
      throw new Error(`${options.name} did not start:\n${daemon.#log.slice(-3_000)}`, { cause });
    }
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its output so far, bounded. */
  get log(): string {
    return this.#log;
  }

  /** Ends it and removes its folder. May be called twice. */
  async stop(): Promise<void> {
    if (this.running) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const hard = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(hard);
    }
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}
