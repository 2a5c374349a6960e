import type { Timer } from '@intermix/kernel';
import type { Attachment, AttachmentContext } from '@intermix/media';
import { channelCount, sampleRateHz } from '../files/recording-file.js';
import type { RecordingCommand, RecordingResult, RecordOrder } from '../files/recording-spec.js';
import { ChannelPlacer, openingMs } from './channel-placer.js';
import { mixed, sideBySide } from './mixing.js';
import { Pauses } from './pauses.js';
import { PcmWindow } from './pcm-window.js';
import type { EncodedFile, RecordingEncoder } from './recording-encoder.js';

const flushMs = 200;
/** How late a packet may come and still be in its place. */
const holdBackMs = 500;
/** A timer that comes so late tells that the process stood still, and that the packets of that time wait behind it. */
const stoodStillMs = 100;
/** So much is then kept open for them, until their stream has its place again. */
const standstillMs = 1500;
const catchingUpMs = openingMs + 20;
const samplesPerMs = sampleRateHz / 1000;
/** A part of a long stretch, so that a process that was stopped for a while does not make one enormous chunk. */
const maxChunk = 8000;
/** No call is that long; a forgotten one ends with a file that players can open. */
const maxDurationMs = 24 * 3600_000;
/** The file is closed by another thread and a disk: within this, or it is taken for lost. */
const closeLimitMs = 8_000;

/** Writes one call: both directions of the calling party's leg, on the call's clock, from the moment that it is made. */
export class CallRecorder implements Attachment {
  readonly #context: AttachmentContext;
  readonly #order: RecordOrder;
  readonly #startMs: number;
  readonly #says = new PcmWindow();
  readonly #hears = new PcmWindow();
  readonly #placers: readonly [ChannelPlacer, ChannelPlacer];
  readonly #pauses: Pauses;
  readonly #file: EncodedFile;
  readonly #unsubscribe: Array<() => void> = [];
  #timer: Timer | undefined;
  #isCatchingUp = false;
  #catchingUpUntilMs = Number.NEGATIVE_INFINITY;
  #isOpen = true;
  #isOver = false;

  constructor(order: RecordOrder, context: AttachmentContext, encoder: RecordingEncoder) {
    this.#context = context;
    this.#order = order;
    this.#startMs = context.clock.now();
    this.#pauses = new Pauses(order.pausedAs);
    const says = new ChannelPlacer(this.#startMs, (at, samples) => this.#says.write(at, samples));
    const hears = new ChannelPlacer(this.#startMs, (at, samples) => this.#hears.write(at, samples));
    this.#placers = [says, hears];
    this.#file = encoder.open(order, (result) => this.#ended(result));
    if (this.#isOver) return; // The encoder could not begin.
    const { audio } = context;
    const isKept = () => order.heldAs === 'sound' || !audio.isHeld;
    this.#unsubscribe.push(audio.onReceived((frame) => isKept() && says.handle(frame)));
    this.#unsubscribe.push(audio.onSent((frame) => isKept() && hears.handle(frame)));
    this.#schedule();
  }

  handle(command: unknown): void {
    const { do: word } = (command ?? {}) as Partial<RecordingCommand>;
    if (word === 'pause') this.#pauses.pause(this.#now);
    if (word === 'resume') this.#pauses.resume(this.#now);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#release();
    for (const placer of this.#placers) placer.finish();
    this.#flush(this.#now);
    this.#file.close();
    const detail = 'the file was not closed in time';
    this.#timer = this.#context.clock.schedule(closeLimitMs, () =>
      this.#ended({ ok: false, failure: 'write-failed', detail }),
    );
  }

  /** Where the call's clock stands, in samples from the recording's beginning. */
  get #now(): number {
    return Math.round((this.#context.clock.now() - this.#startMs) * samplesPerMs);
  }

  #schedule(): void {
    const { clock } = this.#context;
    const dueMs = clock.now() + flushMs;
    this.#timer = clock.schedule(flushMs, () => {
      if (!this.#isOpen) return;
      const nowMs = clock.now();
      if (nowMs >= this.#catchingUpUntilMs) this.#write(nowMs, nowMs - dueMs > stoodStillMs);
      if (this.#now >= maxDurationMs * samplesPerMs) this.close();
      else this.#schedule();
    });
  }

  #write(nowMs: number, stoodStill: boolean): void {
    // Once, and not again at the next timer: a process that is late with everything has to write all the same.
    if (stoodStill && !this.#isCatchingUp) {
      this.#isCatchingUp = true;
      this.#catchingUpUntilMs = nowMs + catchingUpMs;
      this.#flush(this.#now - standstillMs * samplesPerMs);
      return;
    }
    this.#isCatchingUp = false;
    for (const placer of this.#placers) placer.settle(nowMs);
    this.#flush(this.#now - holdBackMs * samplesPerMs);
  }

  #flush(until: number): void {
    const join = this.#order.channels === 'dual' ? sideBySide : mixed;
    const channels = channelCount(this.#order.channels);
    while (this.#says.from < until) {
      const at = this.#says.from;
      const count = Math.min(until - at, maxChunk);
      const pcm = this.#pauses.apply(join(this.#says.take(count), this.#hears.take(count)), at, channels);
      if (pcm.length > 0) this.#file.write(pcm);
    }
  }

  #release(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    for (const off of this.#unsubscribe.splice(0)) off();
  }

  #ended(result: RecordingResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release();
    this.#context.ended(result);
  }
}
