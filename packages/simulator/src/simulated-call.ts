import { type Clock, createId, type Logger, type Random, type Timer, TypedEmitter } from '@intermix/kernel';
import type { IncomingReinvite, InviteSession, SessionEnd } from '@intermix/sip';
import type { AudioSource } from './audio-source.js';
import type { CallMedia } from './call-media.js';
import type { CallDirection, CallEnd, CallEventRecord, CallSnapshot, CallState } from './call-record.js';
import { SimulatorError } from './errors.js';

/** A call keeps this many of its events. */
const mostEvents = 200;
const mostDigits = 1_000;

export interface SimulatedCallDeps {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Opens the call's audio. */
  openMedia: () => Promise<CallMedia>;
}

export interface SimulatedCallEvents {
  ringing: [];
  answered: [];
  /** A digit pressed at the far end. */
  digit: [digit: string];
  /** Emitted exactly once. */
  ended: [end: CallEnd];
}

/** One call of the simulated PSTN, whichever side began it. Its subclasses know how it comes up and goes down before the answer. */
export abstract class SimulatedCall extends TypedEmitter<SimulatedCallEvents> {
  readonly id: string;
  readonly startedAtMs: number;
  abstract readonly direction: CallDirection;
  abstract readonly to: string;
  abstract readonly from: string;
  abstract readonly fromName: string;
  abstract readonly sipCallId: string;
  protected readonly clock: Clock;
  protected readonly logger: Logger;
  protected session: InviteSession | undefined;
  readonly #openMedia: () => Promise<CallMedia>;
  readonly #events: CallEventRecord[] = [];
  readonly #timers = new Set<Timer>();
  #media: CallMedia | undefined;
  #opening: Promise<CallMedia | undefined> | undefined;
  #state: CallState = 'dialling';
  #answeredAtMs: number | undefined;
  #endedAtMs: number | undefined;
  #end: CallEnd | undefined;
  #digits = '';
  #awaitsAnswer = false;

  constructor(deps: SimulatedCallDeps) {
    super();
    this.id = createId('', 8, deps.random);
    this.clock = deps.clock;
    this.startedAtMs = deps.clock.now();
    this.logger = deps.logger.child({ simulatedCallId: this.id });
    this.#openMedia = deps.openMedia;
  }

  get state(): CallState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** What the far end hears from now on; silence without an argument. Nothing happens before there is media. */
  play(source?: AudioSource): void {
    this.#media?.audio.play(source);
  }

  /** Sends back what is heard. */
  echo(): void {
    this.#media?.audio.echo();
  }

  /** Presses digits; resolves when they are sent, or at once when there is no media. Rejects with SimulatorError. */
  sendDigits(digits: string): Promise<void> {
    this.note(`sends digits ${digits}`);
    return this.#media?.audio.sendDigits(digits) ?? Promise.resolve();
  }

  /** Ends the call, by BYE, CANCEL or a final response as its state asks. May be called twice. */
  abstract hangup(): void;

  /** Calls `act` after `delayMs` unless the call has ended by then. */
  after(delayMs: number, act: () => void): void {
    if (this.ended) return;
    const timer = this.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }

  snapshot(): CallSnapshot {
    const audio = this.#media?.audio;
    return {
      id: this.id,
      sip_call_id: this.sipCallId,
      direction: this.direction,
      to: this.to,
      from: this.from,
      from_name: this.fromName,
      state: this.#state,
      started_at: isoTime(this.startedAtMs) as string,
      answered_at: isoTime(this.#answeredAtMs),
      ended_at: isoTime(this.#endedAtMs),
      end: this.#end,
      codec: this.#media?.codec,
      on_hold: this.#state === 'answered' && this.#media?.direction !== 'sendrecv',
      digits_heard: this.#digits,
      hearing_hz: this.ended ? undefined : audio?.hearingHz,
      tone_heard_hz: audio?.lastHeardHz,
      packets_sent: audio?.stats.packetsSent ?? 0,
      packets_received: audio?.stats.packetsReceived ?? 0,
      packets_lost: audio?.stats.packetsLost ?? 0,
      events: [...this.#events],
    };
  }

  /** The audio, opened at the first call. Undefined when the call ended meanwhile; rejects when no port is left. */
  protected media(): Promise<CallMedia | undefined> {
    this.#opening ??= this.#openMedia().then((media) => this.#keepMedia(media));
    return this.#opening;
  }

  /** The audio, if it has been opened. */
  protected get openedMedia(): CallMedia | undefined {
    return this.#media;
  }

  protected nowRinging(status: number): void {
    this.note(`${status}`);
    if (this.#state !== 'dialling') return;
    this.#state = 'ringing';
    this.emit('ringing');
  }

  /** The session stands: listens to what the far end does in it. `offered`: our 2xx holds an offer, its ACK the answer. */
  protected nowAnswered(session: InviteSession, offered = false): void {
    this.session = session;
    this.#awaitsAnswer = offered;
    this.#state = 'answered';
    this.#answeredAtMs = this.clock.now();
    this.note('answered');
    session.on('reinvite', (reinvite) => this.#answerReinvite(reinvite));
    session.on('acknowledged', (sdp) => this.#handleAck(sdp));
    session.on('ended', (end) => this.finish(callEnd(end)));
    this.emit('answered');
  }

  /** The call is over: cleans up. */
  protected finish(end: CallEnd): void {
    if (this.ended) return;
    this.note(`ended by ${end.by}: ${end.cause}`);
    this.#state = 'ended';
    this.#endedAtMs = this.clock.now();
    this.#end = end;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#media?.close();
    this.logger.info({ by: end.by, cause: end.cause, sipStatus: end.sip_status }, 'simulated call ended');
    this.emit('ended', end);
  }

  protected note(event: string): void {
    if (this.#events.length < mostEvents) this.#events.push({ at_ms: this.clock.now(), event });
  }

  #keepMedia(media: CallMedia): CallMedia | undefined {
    if (this.ended) {
      media.close();
      return undefined;
    }
    this.#media = media;
    media.audio.on('digit', ({ digit }) => {
      this.note(`heard digit ${digit}`);
      this.#digits = (this.#digits + digit).slice(-mostDigits);
      this.emit('digit', digit);
    });
    return media;
  }

  #answerReinvite(reinvite: IncomingReinvite): void {
    try {
      // A re-INVITE without an offer asks for ours; the answer comes with the ACK.
      const media = this.#media as CallMedia; // There is media before there is a session.
      const sdp = reinvite.offer === undefined ? media.offer() : media.acceptOffer(reinvite.offer);
      this.#awaitsAnswer = reinvite.offer === undefined;
      reinvite.accept({ sdp });
      this.note(`re-INVITE: ${media.direction}`);
    } catch (error) {
      this.logger.warn({ err: error }, 'a re-INVITE could not be answered');
      reinvite.reject(488);
    }
  }

  #handleAck(sdp: string | undefined): void {
    if (!this.#awaitsAnswer || this.ended) return;
    this.#awaitsAnswer = false;
    try {
      if (sdp === undefined) throw new SimulatorError('bad-sdp', 'the ACK to our offer has no answer');
      this.#media?.acceptAnswer(sdp);
      this.note(`answer in ACK: ${this.#media?.direction}`);
    } catch (error) {
      this.logger.warn({ err: error }, 'the answer in an ACK cannot be used');
      this.hangup();
    }
  }
}

function isoTime(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}

function callEnd(end: SessionEnd): CallEnd {
  if (end.by === 'local') return { by: 'pstn', cause: end.cause };
  const reason = end.reason?.text ?? (end.reason && `${end.reason.protocol} ${end.reason.cause}`);
  return { by: 'intermix', cause: end.cause, ...(reason !== undefined && { reason }) };
}
