import type { Clock, Timer } from '@intermix/kernel';
import { type QueueState, writeBotMessage } from '@intermix/streaming';
import { PendingMarks } from './pending-marks.js';
import { PlayoutEstimate } from './playout-estimate.js';
import { type BacklogSpace, SpeechBacklog } from './speech-backlog.js';
import { SpeechOutlet } from './speech-outlet.js';

const maxMarkName = 256;
/** Marks that wait here; further ones are told at once. */
const maxWaitingMarks = 1_000;
/**
 * What the far end is to have waiting at the most, and so much that it never runs dry. Intermix keeps three minutes and drops
 * the rest, others tell nothing of what they keep; and what is still here is dropped by `clear` at once.
 */
const aheadMs = 30_000;
const refillMs = 25_000;

export interface SessionSpeechDeps {
  clock: Clock;
  streamSid: string;
  sampleRate: number;
  /** Of what was said and the far end is not to have yet. */
  backlog: { mostMs: number; space: BacklogSpace };
  /** Takes a message of the protocol; `audioMs` of it is audio. It may close this speech. */
  send: (message: string, audioMs: number) => void;
  /** A mark was reached. */
  marked: (name: string) => void;
  /** So much was said further ahead than is kept, and is not heard. */
  dropped: (ms: number) => void;
}

/**
 * What a bot says in a session, however far ahead: kept until the far end is to have it, cut into messages, reckoned until it has
 * been heard, and its marks with it.
 */
export class SessionSpeech {
  readonly #deps: SessionSpeechDeps;
  readonly #outlet: SpeechOutlet;
  readonly #played: PlayoutEstimate;
  readonly #marks: PendingMarks;
  readonly #backlog: SpeechBacklog;
  #waitingMarks = 0;
  #refill: Timer | undefined;
  #isClosed = false;

  constructor(deps: SessionSpeechDeps) {
    const { clock, marked, sampleRate } = deps;
    const { mostMs, space } = deps.backlog;
    this.#deps = deps;
    this.#backlog = new SpeechBacklog({ space, mostSamples: (mostMs * sampleRate) / 1000 });
    this.#outlet = new SpeechOutlet({ clock, send: (audio) => this.#sendAudio(audio) });
    this.#played = new PlayoutEstimate(clock);
    this.#marks = new PendingMarks({ clock, tell: marked });
  }

  get playedMs(): number {
    return this.#played.playedMs;
  }

  /** What waits at the far end, and here. */
  get queuedMs(): number {
    return this.#aheadMs + this.#msOf(this.#backlog.samples);
  }

  /** `samples` are ours from now on. */
  say(samples: Int16Array): void {
    if (this.#isClosed) return;
    if (this.#backlog.isEmpty && this.#aheadMs + this.#msOf(samples.length) <= aheadMs) this.#outlet.say(samples);
    else {
      const kept = this.#backlog.add(samples);
      if (kept < samples.length) this.#deps.dropped(this.#msOf(samples.length - kept));
      this.#feed();
    }
  }

  mark(name: string): void {
    if (this.#isClosed) return;
    const cut = name.slice(0, maxMarkName);
    if (this.#backlog.isEmpty) this.#sendMark(cut);
    else if (this.#waitingMarks < maxWaitingMarks) {
      this.#waitingMarks += 1;
      this.#backlog.addMark(cut);
    } else this.#deps.marked(cut);
  }

  clear(): void {
    if (this.#isClosed) return;
    const waiting = this.#drop();
    this.#played.cleared();
    for (const name of waiting) this.#marks.expect(name, 0);
    this.#marks.cleared();
    this.#deps.send(writeBotMessage.clear(this.#deps.streamSid), 0);
  }

  /** What waits here for more goes now. */
  flush(): void {
    if (!this.#isClosed) this.#outlet.flush();
  }

  /** The far end told what it has played and what waits there. */
  told(queue: QueueState): void {
    this.#played.told(queue);
    if (this.#aheadMs < refillMs) this.#feed();
  }

  /** The far end told a mark. */
  handleMark(name: string): void {
    this.#marks.handleMark(name);
  }

  /** Says nothing more, and tells no mark. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.#marks.close();
  }

  /** What the far end has, or is about to. */
  get #aheadMs(): number {
    return this.#played.queuedMs + this.#msOf(this.#outlet.waitingSamples);
  }

  /** The far end gets of the backlog what it is to have now, and the rest later. */
  #feed(): void {
    while (!this.#isClosed && !this.#backlog.isEmpty) {
      const room = Math.floor(((aheadMs - this.#aheadMs) * this.#deps.sampleRate) / 1000);
      if (room <= 0) break;
      const next = this.#backlog.take(room);
      if (next && 'audio' in next) this.#outlet.say(next.audio);
      else if (next) {
        this.#waitingMarks -= 1;
        this.#sendMark(next.mark);
      }
    }
    this.#refill?.cancel();
    this.#refill = undefined;
    if (this.#isClosed || this.#backlog.isEmpty) return;
    this.#refill = this.#deps.clock.schedule(Math.max(20, this.#aheadMs - refillMs), () => this.#feed());
  }

  #sendMark(name: string): void {
    this.flush();
    if (this.#isClosed) return; // Nobody takes what was flushed.
    this.#marks.expect(name, this.#played.queuedMs);
    this.#deps.send(writeBotMessage.mark(this.#deps.streamSid, name), 0);
  }

  /** Nothing that waits here goes any more. Gives its marks. */
  #drop(): string[] {
    this.#outlet.drop();
    this.#refill?.cancel();
    this.#refill = undefined;
    this.#waitingMarks = 0;
    return this.#backlog.drop();
  }

  #sendAudio(audio: Buffer): void {
    if (this.#isClosed) return;
    const ms = this.#msOf(audio.length / 2);
    this.#played.said(ms);
    this.#deps.send(writeBotMessage.media(this.#deps.streamSid, audio), ms);
  }

  #msOf(samples: number): number {
    return samples / (this.#deps.sampleRate / 1000);
  }
}
