import { backoffDelayMs, type Clock, type Logger, type Random, type Timer } from '@intermix/kernel';
import type { ChildSays } from '../child/run-bot-child.js';
import type { BotWorkerLoad } from '../fleet/bot-capacity.js';
import type { HostEvent, RenderRequest, SessionOrder } from '../host/session-order.js';
import type { BotPrompt } from '../session/bot.js';
import { BotProcess } from './bot-process.js';

export interface BotWorkerDeps {
  /** Script of the process; it calls `runBotChild`. */
  childPath: string;
  /** Sessions at the same time. */
  maxSessions: number;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  /** A file of a prompt, with which bots speak. */
  render: (accountSid: string, prompt: BotPrompt) => Promise<string>;
  /** What becomes of sessions; the process's death is told as the end of each. */
  onEvent: (event: Exclude<HostEvent, { type: 'log' }>) => void;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Connections of one bot that have not begun a call yet: a far end begins within a second of connecting. */
const maxBeginning = 50;
/** Of the places, what one bot may have of connections that nobody had to show anything for. */
const anonymousShare = 0.5;
/** A process that listens for so long did not die of how it was started. */
const soundAfterMs = 60_000;

/** The process that runs bots: started, watched, started again when it dies. Its sessions die with it, and each is told. */
export class BotWorker {
  readonly #deps: BotWorkerDeps;
  /** Sessions that were let in and are not over. */
  readonly #open = new Map<string, { botId: string; isAnonymous: boolean; isStarted: boolean }>();
  #process: BotProcess | undefined;
  #port: number | undefined;
  #deaths = 0;
  #restart: Timer | undefined;
  #sound: Timer | undefined;
  #isStopped = false;

  constructor(deps: BotWorkerDeps) {
    this.#deps = deps;
  }

  get load(): BotWorkerLoad {
    const pid = this.#process?.pid;
    if (!this.#isUp || pid === undefined) return { id: '1', status: 'unreachable' };
    return { id: '1', calls: this.#open.size, max: this.#deps.maxSessions, pid };
  }

  /** Does not wait until it listens: calls of bots are refused until then. */
  start(): void {
    if (this.#isStopped) return;
    const { childPath, allowPrivate, clock, logger } = this.#deps;
    this.#process = new BotProcess({
      ...{ childPath, allowPrivate, clock, logger },
      onMessage: (message) => this.#received(message),
      onGone: (how) => this.#gone(how),
    });
  }

  /** Orders a session. Gives the port on loopback where its ticket is taken; `full`, or `down` when it cannot run now. */
  admit(order: SessionOrder): { port: number } | 'full' | 'down' {
    if (!this.#isUp || this.#port === undefined) return 'down';
    if (this.#open.size >= this.#deps.maxSessions) return 'full';
    const { botId } = order.bot;
    if (this.#count(botId, ({ isStarted }) => !isStarted) >= maxBeginning) return 'full';
    const mostAnonymous = Math.ceil(this.#deps.maxSessions * anonymousShare);
    if (order.isAnonymous && this.#count(botId, ({ isAnonymous }) => isAnonymous) >= mostAnonymous) return 'full';
    this.#open.set(order.sessionId, { botId, isAnonymous: order.isAnonymous, isStarted: false });
    this.#process?.tell({ type: 'expect', order });
    return { port: this.#port };
  }

  get #isUp(): boolean {
    return this.#port !== undefined && this.#process?.isRunning === true;
  }

  /** Who only connects, or only knows a URL, must not hold the places of everybody's calls. */
  #count(botId: string, which: (session: { isAnonymous: boolean; isStarted: boolean }) => boolean): number {
    let count = 0;
    for (const session of this.#open.values()) if (session.botId === botId && which(session)) count++;
    return count;
  }

  /** Ends a session, or gives its place back when its connection has not come. */
  end(sessionId: string, why: string): void {
    this.#process?.tell({ type: 'end', sessionId, why });
  }

  /** Ends all sessions of a bot. */
  endBot(botId: string, why: string): void {
    for (const [sessionId, session] of this.#open) if (session.botId === botId) this.end(sessionId, why);
  }

  /** Resolves when the process is gone, and soon in any case. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#restart?.cancel();
    this.#sound?.cancel();
    await this.#process?.stop();
  }

  #received(message: ChildSays): void {
    switch (message.type) {
      case 'listening':
        this.#listens(message.port);
        break;
      case 'log':
        this.#deps.logger[message.level](message.fields, message.message);
        break;
      case 'render':
        void this.#render(message);
        break;
      case 'started':
        this.#started(message.sessionId);
        this.#deps.onEvent(message);
        break;
      default:
        this.#open.delete(message.sessionId);
        this.#deps.onEvent(message);
    }
  }

  #listens(port: number): void {
    this.#port = port;
    this.#sound = this.#deps.clock.schedule(soundAfterMs, () => {
      this.#deaths = 0;
    });
  }

  #started(sessionId: string): void {
    const session = this.#open.get(sessionId);
    if (session) session.isStarted = true;
  }

  async #render({ id, accountSid, prompt }: RenderRequest): Promise<void> {
    try {
      this.#process?.tell({ type: 'rendered', id, path: await this.#deps.render(accountSid, prompt) });
    } catch (error) {
      this.#process?.tell({ type: 'rendered', id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  #gone(how: string): void {
    const { clock, random, logger } = this.#deps;
    this.#process = undefined;
    this.#port = undefined;
    this.#sound?.cancel();
    const lost = [...this.#open];
    this.#open.clear();
    for (const [sessionId, { isStarted }] of lost) this.#lose(sessionId, isStarted);
    if (this.#isStopped) return;
    const delayMs = backoffDelayMs(this.#deaths++, { firstMs: 200, maxMs: 10_000 }, random);
    logger.error({ how, sessions: lost.length, delayMs }, 'the process of the bots died and is started again');
    this.#restart = clock.schedule(delayMs, () => this.start());
  }

  #lose(sessionId: string, isStarted: boolean): void {
    const { onEvent } = this.#deps;
    const nothing = { transcript: [], events: [], usage: {}, latencySamples: [], durationMs: 0 };
    const detail = this.#isStopped ? 'The server stopped.' : 'The process of the bots died.';
    if (isStarted) onEvent({ type: 'ended', sessionId, report: { ...nothing, disconnectedBy: 'error', detail } });
    else onEvent({ type: 'never-started', sessionId, why: 'stopped' });
  }
}
