import { backoffDelayMs, type Timer } from '@intermix/kernel';
import type { GuardedWebSocket, WebSocketEnd } from '@intermix/outbound';
import type { BotSession } from '../../session/bot.js';
import { IntakeBudget } from '../../session/intake-budget.js';
import type { AgentConfig } from './agent-config.js';
import { type ProviderEvent, readProviderEvent } from './provider-event.js';

export interface ProviderLinkHandlers {
  /** `isAgain`: it was lost, and knows nothing of the talk so far. */
  opened(isAgain: boolean): void;
  event(event: ProviderEvent): void;
  /** It is lost, and tried again. Not told of attempts that fail. */
  lost(why: string): void;
  /** There is no provider any more. Once, and last. */
  givenUp(why: string): void;
}

const handshakeTimeoutMs = 8_000;
/** A minute of speech is 3,840,000 characters; providers send less than ten seconds at once. */
const maxMessageBytes = 4_194_304;
/** Of our words that wait in the socket: eight seconds of audio. Beyond it nobody reads there. */
const maxBufferedBytes = 1_000_000;
/** The speech of eight minutes at once, and then some fifteen times what live speech takes. */
const budget = {
  burst: { messages: 5_000, octets: 32_000_000 },
  perSecond: { messages: 500, octets: 1_000_000 },
};
/** Of a ping or a pong. */
const controlOctets = 64;
/** A connection that lasted so long was sound: attempts count anew. */
const soundAfterMs = 30_000;
const backoff = { firstMs: 250, maxMs: 4_000 };

/** The connection to the provider: opened, and opened again when it is lost, a bounded number of times. */
export class ProviderLink {
  readonly #config: AgentConfig;
  readonly #session: BotSession;
  readonly #handlers: ProviderLinkHandlers;
  readonly #budget: IntakeBudget;
  #socket: GuardedWebSocket | undefined;
  #isOpen = false;
  #connection = 0;
  #openedAtMs = 0;
  #failures = 0;
  #retry: Timer | undefined;
  #isClosed = false;
  #receivedAtMs = 0;

  constructor(deps: { config: AgentConfig; session: BotSession; handlers: ProviderLinkHandlers }) {
    this.#config = deps.config;
    this.#session = deps.session;
    this.#handlers = deps.handlers;
    this.#budget = new IntakeBudget(deps.session.clock, budget);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Which connection it is, from 1 on; 0 before the first. */
  get connection(): number {
    return this.#connection;
  }

  /** When the message that is being told came, on the session's clock. */
  get receivedAtMs(): number {
    return this.#receivedAtMs;
  }

  /** Stops reading, or goes on: the provider is held up by TCP. A new connection is read. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#socket?.pause();
    else this.#socket?.resume();
  }

  open(): void {
    const { url } = this.#config;
    const options = { headers: headersOf(this.#config), handshakeTimeoutMs, maxMessageBytes };
    // What an old socket still tells is not told on.
    const ifCurrent = (action: () => void) => () => !this.#isClosed && this.#socket === socket && this.#run(action);
    const socket: GuardedWebSocket = this.#session.outside.openWebSocket(url, options, {
      opened: () => ifCurrent(() => this.#opened())(),
      message: (data, isBinary) => ifCurrent(() => this.#received(data, isBinary))(),
      alive: () => ifCurrent(() => this.#mayTake(controlOctets))(),
      closed: (end) => ifCurrent(() => this.#lost(whyOf(end), mayTryAgain(end)))(),
    });
    this.#socket = socket;
  }

  /** Dropped while there is no connection. */
  send(message: object): void {
    if (!this.#isOpen || this.#socket === undefined) return;
    this.#socket.send(JSON.stringify(message));
    if (this.#socket.bufferedBytes > maxBufferedBytes) this.#drop('It does not read.');
  }

  close(): void {
    this.#isClosed = true;
    this.#isOpen = false;
    this.#retry?.cancel();
    this.#socket?.close(1000);
  }

  #opened(): void {
    this.#isOpen = true;
    this.#openedAtMs = this.#session.clock.now();
    this.#handlers.opened(++this.#connection > 1);
  }

  #received(data: Buffer, isBinary: boolean): void {
    this.#receivedAtMs = this.#session.clock.now();
    if (!this.#mayTake(data.length)) return;
    const event = isBinary ? undefined : readProviderEvent(data.toString('utf8'));
    if (event !== undefined) this.#handlers.event(event);
  }

  /** Gives it up when that is too much. */
  #mayTake(octets: number): boolean {
    const isTaken = this.#budget.take(octets);
    if (!isTaken) this.#giveUp('It sends more than any speech needs.');
    return isTaken;
  }

  #drop(why: string): void {
    const socket = this.#socket;
    this.#lost(why, true);
    socket?.close(1008, why);
  }

  #lost(why: string, mayRetry: boolean): void {
    const { clock, random } = this.#session;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#socket = undefined;
    if (wasOpen && clock.now() - this.#openedAtMs >= soundAfterMs) this.#failures = 0;
    if (!mayRetry || this.#failures >= this.#config.reconnect.tries) {
      this.#giveUp(why);
      return;
    }
    const delayMs = backoffDelayMs(this.#failures++, backoff, random);
    this.#retry = clock.schedule(delayMs, () => this.#run(() => this.open()));
    if (wasOpen) this.#handlers.lost(why);
  }

  #giveUp(why: string): void {
    this.close();
    this.#handlers.givenUp(why);
  }

  /** What fails in a handler ends the session, and nothing else. */
  #run(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#session.logger.error({ err: error }, 'an agent failed');
      this.#session.close('error', 'The bot failed.');
    }
  }
}

function headersOf(config: AgentConfig): Record<string, string> {
  return {
    ...(config.api_key !== '' && { Authorization: `Bearer ${config.api_key}` }),
    ...(config.dialect === 'beta' && { 'OpenAI-Beta': 'realtime=v1' }),
    ...config.headers,
    ...config.secret_headers,
  };
}

function whyOf({ error, code, reason }: WebSocketEnd): string {
  if (error) return error.message;
  return reason === '' ? `It closed with ${code}.` : `It closed with ${code}: ${reason}`;
}

/** An address that may not be opened will not be one in a moment. */
function mayTryAgain({ error }: WebSocketEnd): boolean {
  return error?.problem !== 'bad-url' && error?.problem !== 'address-refused';
}
