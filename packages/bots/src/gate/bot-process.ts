import { type ChildProcess, fork } from 'node:child_process';
import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { ChildHears, ChildSays } from '../child/run-bot-child.js';

export interface BotProcessOptions {
  /** Script of the process; it calls `runBotChild`. */
  childPath: string;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  clock: Clock;
  logger: Logger;
  onMessage: (message: ChildSays) => void;
  /** Once, and last: nothing more is heard of it. Never before the constructor has returned. */
  onGone: (how: string) => void;
}

/** Loading takes half a second, and many on a machine that is busy. */
const listeningMs = 60_000;
/** To tell what became of its sessions, when it is to end. */
const stopMs = 5_000;
/** What it told before its end is read within it; and one that was killed has gone. */
const goneMs = 2_000;

/**
 * One process of bots: forked, and killed when it does not listen in time. Whatever becomes of it, that it could not be
 * made too, is told by `onGone`.
 */
export class BotProcess {
  readonly #options: BotProcessOptions;
  readonly #child: ChildProcess | undefined;
  readonly #gone: Promise<void>;
  #tellGone: () => void = () => {};
  #isGone = false;
  #late: Timer | undefined;
  #force: Timer | undefined;

  constructor(options: BotProcessOptions) {
    this.#options = options;
    this.#gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    this.#child = this.#fork();
    this.#late = options.clock.schedule(listeningMs, () => {
      options.logger.error({ pid: this.pid, afterMs: listeningMs }, 'the process of the bots does not listen');
      this.#kill();
    });
    this.tell({ type: 'start', allowPrivate: options.allowPrivate });
  }

  /** Undefined when it could not be made. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** False from its end on, before all that it told has been read. */
  get isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  tell(message: ChildHears): void {
    const child = this.#child;
    if (child?.connected) child.send(message, () => {}); // One that is gone tells so by its exit.
  }

  /** Has it end by itself, and kills it when it does not. Resolves when it is gone, and soon in any case. */
  stop(): Promise<void> {
    this.#late?.cancel();
    this.#force ??= this.#options.clock.schedule(stopMs, () => this.#kill());
    this.tell({ type: 'stop' });
    return this.#gone;
  }

  #fork(): ChildProcess | undefined {
    const { childPath, logger, onMessage } = this.#options;
    try {
      const child = fork(childPath, [], { serialization: 'advanced', execArgv: [] });
      child.on('message', (message: ChildSays) => {
        if (this.#isGone) return;
        if (message.type === 'listening') this.#late?.cancel();
        onMessage(message);
      });
      child.on('error', (error) => {
        logger.error({ err: error }, 'the process of the bots cannot be reached');
        if (child.pid === undefined) this.#end('It could not be made.'); // Then there is no exit.
      });
      child.on('exit', (code, signal) => this.#exited(code, signal));
      // Behind everything that it told.
      child.on('close', (code, signal) => this.#end(wordsOf(code, signal)));
      return child;
    } catch (error) {
      logger.error({ err: error }, 'the process of the bots cannot be made');
      queueMicrotask(() => this.#end('It could not be made.'));
      return undefined;
    }
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#late?.cancel();
    this.#force?.cancel();
    if (!this.#isGone) this.#force = this.#options.clock.schedule(goneMs, () => this.#end(wordsOf(code, signal)));
  }

  #kill(): void {
    this.#child?.kill('SIGKILL');
    this.#force?.cancel();
    this.#force = this.#options.clock.schedule(goneMs, () => this.#end('It cannot be killed.'));
  }

  #end(how: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#late?.cancel();
    this.#force?.cancel();
    this.#options.onGone(how);
    this.#tellGone();
  }
}

function wordsOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `It ended with ${code}.` : `It was ended by ${signal}.`;
}
