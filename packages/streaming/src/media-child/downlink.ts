import type { Clock } from '@intermix/kernel';
import type { LegAudio } from '@intermix/media';
import { readBotMessage } from '../protocol/bot-message.js';
import { wholeSamples } from '../protocol/message-fields.js';
import { samplesOf } from '../protocol/pcm.js';
import type { QueueState } from '../protocol/platform-message.js';
import { StreamMessageError } from '../stream-error.js';
import type { SampleRate } from '../stream-spec.js';
import { PlayoutQueue } from './playout-queue.js';
import { createResampler, type Resampler } from './resampler.js';

/** As much of a bot's speech as waits to be played: a long answer, handed over at once. */
const maxQueueMs = 180_000;

/** What the party hears of a bot: its messages, put into the queue that feeds the leg. */
export class Downlink {
  readonly #sampleRate: SampleRate;
  readonly #isBinary: boolean;
  readonly #resampler: Resampler;
  readonly #queue: PlayoutQueue;
  readonly #stopFeeding: () => void;
  #botMs = 0;

  constructor(options: {
    audio: LegAudio;
    clock: Clock;
    sampleRate: SampleRate;
    isBinary: boolean;
    onMark: (name: string) => void;
  }) {
    const { audio, clock, sampleRate, isBinary, onMark } = options;
    this.#sampleRate = sampleRate;
    this.#isBinary = isBinary;
    this.#resampler = createResampler(sampleRate, 8000);
    this.#queue = new PlayoutQueue({ now: () => clock.now(), maxMs: maxQueueMs, onMark });
    this.#stopFeeding = audio.feed(this.#queue);
  }

  /** Once the bot has said something: what waits, and what has been played. */
  get queueState(): QueueState | undefined {
    if (this.#botMs === 0) return undefined;
    return { queueMs: this.#queue.queuedMs, playedMs: this.#queue.playedMs };
  }

  get counts(): { botMs: number; playedMs: number; droppedMs: number; clearedMs: number; deepestQueueMs: number } {
    return {
      botMs: Math.round(this.#botMs),
      playedMs: Math.round(this.#queue.playedMs),
      ...this.#queue.counts,
    };
  }

  /** Throws StreamMessageError. */
  handle(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.#handleBinary(data);
    else this.#handleText(data.toString('utf8'));
  }

  /** To be called about once a second. */
  tick(): void {
    this.#queue.tick();
  }

  close(): void {
    this.#stopFeeding();
    this.#resampler.close();
  }

  #handleText(text: string): void {
    const message = readBotMessage(text);
    if (message.event === 'media') this.#hear(message.audio);
    else if (message.event === 'clear') this.#clear();
    else if (message.event === 'mark' && !this.#queue.mark(message.name))
      throw new StreamMessageError('bad-field', 'Too many marks wait to be reached.');
  }

  #handleBinary(data: Buffer): void {
    if (!this.#isBinary)
      throw new StreamMessageError('binary', 'Audio comes as JSON in text messages, not in binary ones.');
    this.#hear(wholeSamples(data));
  }

  #hear(audio: Buffer): void {
    this.#botMs += audio.length / 2 / (this.#sampleRate / 1000);
    this.#queue.push(this.#resampler.push(samplesOf(audio)));
  }

  #clear(): void {
    this.#resampler.reset();
    this.#queue.clear();
  }
}
