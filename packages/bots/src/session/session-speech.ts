import type { Clock } from '@intermix/kernel';
import { type QueueState, writeBotMessage } from '@intermix/streaming';
import { PendingMarks } from './pending-marks.js';
import { PlayoutEstimate } from './playout-estimate.js';
import { SpeechOutlet } from './speech-outlet.js';

const maxMarkName = 256;

export interface SessionSpeechDeps {
  clock: Clock;
  streamSid: string;
  sampleRate: number;
  /** Takes a message of the protocol; `audioMs` of it is audio. It may close this speech. */
  send: (message: string, audioMs: number) => void;
  /** A mark was reached. */
  marked: (name: string) => void;
}

/** What a bot says in a session: cut into messages, reckoned until it has been heard, and its marks with it. */
export class SessionSpeech {
  readonly #deps: SessionSpeechDeps;
  readonly #outlet: SpeechOutlet;
  readonly #played: PlayoutEstimate;
  readonly #marks: PendingMarks;
  #isClosed = false;

  constructor(deps: SessionSpeechDeps) {
    const { clock, marked } = deps;
    this.#deps = deps;
    this.#outlet = new SpeechOutlet({ clock, send: (audio) => this.#sendAudio(audio) });
    this.#played = new PlayoutEstimate(clock);
    this.#marks = new PendingMarks({ clock, tell: marked });
  }

  get playedMs(): number {
    return this.#played.playedMs;
  }

  /** What waits at the far end, and here. */
  get queuedMs(): number {
    return this.#played.queuedMs + this.#msOf(this.#outlet.waitingSamples);
  }

  say(samples: Int16Array): void {
    if (!this.#isClosed) this.#outlet.say(samples);
  }

  mark(name: string): void {
    const cut = name.slice(0, maxMarkName);
    this.flush();
    if (this.#isClosed) return; // Nobody takes what was flushed.
    this.#marks.expect(cut, this.#played.queuedMs);
    this.#deps.send(writeBotMessage.mark(this.#deps.streamSid, cut), 0);
  }

  clear(): void {
    if (this.#isClosed) return;
    this.#outlet.drop();
    this.#played.cleared();
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
  }

  /** The far end told a mark. */
  handleMark(name: string): void {
    this.#marks.handleMark(name);
  }

  /** Says nothing more, and tells no mark. */
  close(): void {
    this.#isClosed = true;
    this.#outlet.drop();
    this.#marks.close();
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
