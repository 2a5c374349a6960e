import type { Clock, Timer } from '@intermix/kernel';
import type { LegAudio } from '@intermix/media';
import { octetsOf } from '../protocol/pcm.js';
import type { MediaTrack } from '../protocol/platform-message.js';
import type { SampleRate, StreamTracks } from '../stream-spec.js';
import { createResampler, type Resampler } from './resampler.js';
import { TrackFramer } from './track-framer.js';

/** A timer that is later than this tells that the whole process was held up; then packets wait in the sockets, unread. */
const heldUpMs = 15;
const readSocketsMs = 2;
/** A timer that is early, or later than this, tells that the machine's clock was set. */
const setBackMs = 200;
const setForthMs = 5_000;

/** Audio for the bot, of one track. */
export interface UplinkFrame {
  track: MediaTrack;
  /** Counted from 1 for each track. */
  number: number;
  /** From the stream's start to the end of this audio. */
  timestampMs: number;
  /** At the stream's rate, as octets of the wire. */
  audio: Buffer;
}

interface Track {
  framer: TrackFramer;
  resampler: Resampler;
  unsubscribe: () => void;
}

/** What the bot hears: the tracks of a leg, cut into frames on the stream's clock, at the stream's rate. */
export class Uplink {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #frameMs: number;
  readonly #emit: (frame: UplinkFrame) => void;
  readonly #tracks: Track[];
  #timer: Timer | undefined;

  constructor(options: {
    audio: LegAudio;
    clock: Clock;
    tracks: StreamTracks;
    frameMs: number;
    sampleRate: SampleRate;
    emit: (frame: UplinkFrame) => void;
  }) {
    const { audio, clock, tracks, frameMs, sampleRate } = options;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#frameMs = frameMs;
    this.#emit = options.emit;
    const names: MediaTrack[] = tracks === 'both' ? ['inbound', 'outbound'] : [tracks];
    this.#tracks = names.map((name) => this.#open(name, audio, sampleRate));
    this.#arm();
  }

  /** Over all tracks. */
  get counts(): { lateMs: number; filledMs: number } {
    const all = this.#tracks.map(({ framer }) => framer.counts);
    const sum = (key: 'lateMs' | 'filledMs') => all.reduce((total, counts) => total + counts[key], 0);
    return { lateMs: sum('lateMs'), filledMs: sum('filledMs') };
  }

  close(): void {
    this.#timer?.cancel();
    for (const { unsubscribe, resampler } of this.#tracks) {
      unsubscribe();
      resampler.close();
    }
  }

  #open(track: MediaTrack, audio: LegAudio, sampleRate: SampleRate): Track {
    const resampler = createResampler(8000, sampleRate);
    const framer = new TrackFramer({
      startMs: this.#startMs,
      frameMs: this.#frameMs,
      emit: ({ number, samples }) => {
        const timestampMs = number * this.#frameMs;
        this.#emit({ track, number, timestampMs, audio: octetsOf(resampler.push(samples)) });
      },
    });
    const subscribe = track === 'inbound' ? audio.onReceived : audio.onSent;
    return { framer, resampler, unsubscribe: subscribe.call(audio, (frame) => framer.push(frame)) };
  }

  /** The framers give full frames out by themselves; the timer is for those that do not become full. */
  #arm(): void {
    const dueAtMs = Math.min(...this.#tracks.map(({ framer }) => framer.dueAtMs));
    this.#timer = this.#clock.schedule(Math.max(0, dueAtMs - this.#clock.now()), () => this.#handleDue(dueAtMs));
  }

  #handleDue(dueAtMs: number): void {
    const lateMs = this.#clock.now() - dueAtMs;
    if (lateMs < -setBackMs || lateMs > setForthMs) for (const { framer } of this.#tracks) framer.moveClock(lateMs);
    if (lateMs <= heldUpMs) this.#giveDue();
    else this.#timer = this.#clock.schedule(readSocketsMs, () => this.#giveDue());
  }

  #giveDue(): void {
    for (const { framer } of this.#tracks) framer.giveDue(this.#clock.now());
    this.#arm();
  }
}
