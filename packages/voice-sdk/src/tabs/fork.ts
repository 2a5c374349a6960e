import { ackOf, cancelOf, endOf, type SipHead } from './sip-text.js';

/** Who rings: a served tab by its id, or the registering tab itself. */
export type Leg = string;

export interface ForkPaths {
  /** To the server. */
  up(text: string): void;
  /** To the engine of a tab. */
  down(leg: Leg, text: string): void;
  /** Told once, before any other tab is told to stop ringing. */
  answered(by: Leg): void;
  /** From now on this tab is the one that rings aloud. */
  aloud(leg: Leg): void;
}

/** The person declined, in whichever tab: nobody else is to ring on. Other refusals are a tab's own affair. */
const declines = (status: number) => status === 486 || status >= 600;

/**
 * One incoming call that rings in several tabs, which the server knows as one device: the first answer goes out, the
 * others are told to stop. A forking proxy in little, RFC 3261 §16.7.
 */
export class Fork {
  readonly #invite: string;
  readonly #branch: string;
  readonly #paths: ForkPaths;
  readonly #ringing: Set<Leg>;
  /** Those that may still ring aloud; the first of them does. */
  readonly #heard: Set<Leg>;
  #rang = false;
  #settled: Leg | undefined;
  /** The last refusal that was held back while others still rang. */
  #refusal: { leg: Leg; text: string } | undefined;
  #cancelled = false;

  /** The first of `legs` rings aloud. */
  constructor(invite: string, head: SipHead, legs: Iterable<Leg>, paths: ForkPaths) {
    this.#invite = invite;
    this.#branch = head.branch;
    this.#paths = paths;
    this.#ringing = new Set(legs);
    this.#heard = new Set(this.#ringing);
  }

  /** Whose response the server has, and whom its ACK is for. */
  get settledBy(): Leg | undefined {
    return this.#settled;
  }

  /** True for the responses of this INVITE and of its CANCEL; a re-INVITE of the same call has another branch. */
  owns(head: SipHead): boolean {
    return head.branch === this.#branch;
  }

  /** The caller gave up, or another device answered. */
  cancel(text: string): void {
    for (const leg of [...this.#ringing]) this.#paths.down(leg, text);
  }

  respond(leg: Leg, head: SipHead, text: string): void {
    const status = head.status ?? 0;
    if (head.cseqMethod === 'CANCEL') this.#cancelAnswered(text);
    else if (status < 200) this.#progress(status, text);
    else if (status < 300) this.#answer(leg, text);
    else this.#refuse(leg, status, text);
  }

  /** The tab is gone and says nothing any more. */
  drop(leg: Leg): void {
    this.silent(leg);
    if (!this.#ringing.delete(leg) || this.#settled !== undefined || this.#ringing.size > 0) return;
    // The registering tab is never dropped: when nobody rings, its refusal or a later one was held back.
    if (this.#refusal) this.#settle(this.#refusal.leg, this.#refusal.text);
  }

  /** The tab is gone, has had enough, or its browser plays no sound yet: when it was to ring aloud, another does. */
  silent(leg: Leg): void {
    const [before] = this.#heard;
    this.#heard.delete(leg);
    const [next] = this.#heard;
    if (next !== undefined && next !== before && this.#settled === undefined) this.#paths.aloud(next);
  }

  /** Ours are answered nowhere; of the server's own, sent to each tab, the first response goes back. */
  #cancelAnswered(text: string): void {
    if (this.#settled !== undefined || this.#cancelled) return;
    this.#cancelled = true;
    this.#paths.up(text);
  }

  #progress(status: number, text: string): void {
    if (this.#settled !== undefined) return;
    if (status === 100 || this.#rang) return; // 100 is hop by hop: the server has one from the first tab at most.
    this.#rang = true;
    this.#paths.up(text);
  }

  #answer(leg: Leg, text: string): void {
    if (this.#settled !== undefined) {
      // Both were quick: this one has not heard yet that the other was first.
      this.#ringing.delete(leg);
      for (const message of endOf(this.#invite, text)) this.#paths.down(leg, message);
      return;
    }
    this.#settle(leg, text);
    this.#paths.answered(leg);
    this.#stopOthers('SIP;cause=200;text="Call completed elsewhere"');
  }

  #refuse(leg: Leg, status: number, text: string): void {
    this.#ringing.delete(leg);
    if (this.#settled !== undefined) {
      this.#paths.down(leg, ackOf(this.#invite, text));
    } else if (this.#ringing.size === 0 || declines(status)) {
      this.#settle(leg, text);
      this.#stopOthers(`SIP;cause=${status}`);
    } else {
      this.#paths.down(leg, ackOf(this.#invite, text));
      this.#refusal = { leg, text };
      this.silent(leg);
    }
  }

  #settle(leg: Leg, text: string): void {
    this.#settled = leg;
    this.#ringing.delete(leg);
    this.#paths.up(text);
  }

  #stopOthers(reason: string): void {
    const cancel = cancelOf(this.#invite, reason);
    for (const leg of [...this.#ringing]) this.#paths.down(leg, cancel);
  }
}
