import type { Flow } from '@intermix/sip';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceError } from '../errors.js';

/** Carries calls over a lost connection: tells them of the loss, and moves them when the client is registered again. */
export class CallRecovery {
  readonly #calls: ReadonlySet<VoiceCall>;
  #pending: Array<(flow: Flow) => void> = [];
  #lost = false;
  #isLettingGo = false;

  constructor(calls: ReadonlySet<VoiceCall>) {
    this.#calls = calls;
  }

  /** True while something waits to be said to a far end: the connection is still needed. */
  get hasPending(): boolean {
    return this.#pending.length > 0 || this.#isLettingGo;
  }

  /** Runs the step over the next registered connection: the BYE of a call that was ended in between. */
  whenBack(run: (flow: Flow) => void): void {
    this.#pending.push(run);
  }

  connectionLost(): void {
    this.#lost = true;
    for (const call of [...this.#calls]) call.signallingLost();
  }

  connectionBack(flow: Flow): void {
    for (const run of this.#pending.splice(0)) run(flow);
    if (!this.#lost) return;
    this.#lost = false;
    for (const call of [...this.#calls]) call.signallingRestored(flow);
  }

  /** The device may be in another network now. */
  pathChanged(): void {
    for (const call of [...this.#calls]) void call.checkPath();
  }

  /**
   * The server is there again, but does not take the account any more: who is talked to is let go at once, by the
   * connection that stands. While a connection was not lost calls go on: only new ones need an account.
   */
  refused(flow: Flow | undefined, error: VoiceError): void {
    if (flow) for (const run of this.#pending.splice(0)) run(flow);
    if (!this.#lost) return;
    this.#lost = false;
    this.#isLettingGo = true; // The last call to end must not close the connection before its BYE is out.
    for (const call of [...this.#calls]) call.cutOff(flow, error);
    this.#isLettingGo = false;
  }

  /** No connection comes any more. */
  giveUp(): void {
    this.#pending = [];
  }
}
