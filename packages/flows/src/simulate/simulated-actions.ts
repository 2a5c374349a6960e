import { type ConnectOutcome, type ConnectParty, partyName } from '@intermix/calls';
import type { TakenMessage } from '../ports/messages.js';
import type { StreamResult } from '../ports/streams.js';
import type { Asked, Collected, CollectWish, ConnectWish, ConverseWish, FlowActions } from '../run/flow-actions.js';
import { readAddress } from '../wire/dial-address.js';
import type { SimulationInput } from './simulation.js';

/** Seconds that anything takes in a call that is only thought of. */
const thoughtSec = 10;

/** What applets do, in a call that is only thought of: nothing is opened and nobody is rung. */
export class SimulatedActions implements FlowActions {
  readonly requests: string[] = [];
  readonly #input: SimulationInput;
  readonly #taken = new Map<string, number>();
  #applet = '';
  #isOver = false;

  constructor(input: SimulationInput) {
    this.#input = input;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The applet that runs now: its part of the input is used. */
  enter(applet: string): void {
    this.#applet = applet;
    if (this.#input.leaves_at === applet) this.#isOver = true;
  }

  async say(): Promise<'played'> {
    this.#breakWhenTold();
    return 'played';
  }

  async collect({ maxDigits, finishOnKey }: CollectWish): Promise<Collected> {
    const pressed = this.#next(this.#input.digits) ?? '';
    const end = finishOnKey === '' ? -1 : pressed.indexOf(finishOnKey);
    const digits = (end < 0 ? pressed : pressed.slice(0, end)).slice(0, maxDigits);
    return { how: pressed === '' ? 'timeout' : 'digits', digits };
  }

  forgetDigits(): void {}

  async connect({ parties, eventsUrl }: ConnectWish): Promise<ConnectOutcome> {
    this.#breakWhenTold();
    if (eventsUrl !== undefined) this.requests.push(eventsUrl);
    const status = this.#next(this.#input.outcomes) ?? 'completed';
    const [first] = parties;
    const party = first && partyName(first);
    const talkedSec = status === 'completed' ? thoughtSec : 0;
    const endedBy = status === 'completed' ? 'callee' : undefined;
    return { status, reason: status, party, dialledSec: thoughtSec, talkedSec, endedBy };
  }

  async partyOf(address: string): Promise<ConnectParty | undefined> {
    const { name, number } = readAddress(address);
    if (number !== 'no') return { type: 'number', number: name };
    return name === address ? undefined : { type: 'user', appId: '', userId: name };
  }

  async ask(url: string): Promise<Asked> {
    this.requests.push(url);
    const { status, body = '' } = this.#next(this.#input.replies) ?? { status: 200 };
    return { status, body };
  }

  tell(url: string): void {
    this.requests.push(url);
  }

  async converse({ url, botId }: ConverseWish): Promise<StreamResult> {
    this.#breakWhenTold();
    const status = this.#next(this.#input.streams) ?? 'completed';
    const disconnectedBy = status === 'completed' ? 'bot' : 'NA';
    const durationSec = status === 'failed' ? 0 : thoughtSec;
    return { status, disconnectedBy, durationSec, streamUrl: botId ?? url, streamSid: 'simulated' };
  }

  async startStream(): Promise<string> {
    this.#breakWhenTold();
    return 'simulated';
  }

  async stopStream(): Promise<undefined> {
    return undefined;
  }

  async takeMessage(): Promise<TakenMessage> {
    this.#breakWhenTold();
    return { recordingUrl: undefined, durationSec: thoughtSec, endedBy: 'stopped' };
  }

  record(): void {}

  recordingUrl(): undefined {}

  async pause(): Promise<void> {}

  hangup(): void {}

  #breakWhenTold(): void {
    if (this.#input.broken?.includes(this.#applet)) throw new Error('The simulation says that this fails.');
  }

  /** The applet's next part; the last one again when there is no other. */
  #next<T>(script: Readonly<Record<string, readonly T[]>> | undefined): T | undefined {
    const parts = script?.[this.#applet];
    if (parts === undefined || parts.length === 0) return undefined;
    const place = this.#taken.get(this.#applet) ?? 0;
    this.#taken.set(this.#applet, place + 1);
    return parts[Math.min(place, parts.length - 1)];
  }
}
