import type { Clock } from '@intermix/kernel';
import type { AudioFrame, AudioSource, LegAudio } from '../attachments/attachment.js';

type Listener<T> = (value: T) => void;
type Digit = { digit: string; durationMs: number };
type Place = Partial<Omit<AudioFrame, 'samples'>>;

/** A leg's audio without a leg, for tests of attachments: a test says what is received and sent, and asks who feeds. */
export class FakeLegAudio implements LegAudio {
  readonly callId: string;
  readonly legId: string;
  readonly #clock: Clock;
  readonly #received = new Set<Listener<AudioFrame>>();
  readonly #sent = new Set<Listener<AudioFrame>>();
  readonly #digits = new Set<Listener<Digit>>();
  readonly #sources: AudioSource[] = [];
  readonly #joined = new Set<Listener<void>>();
  readonly #partnerSources: AudioSource[] = [];
  /** Whether the leg is joined with another; see `join`. */
  hasPartner = false;
  isHeld = false;
  #receivedPosition = 0;
  #sentPosition = 0;

  constructor(options: { clock: Clock; callId?: string; legId?: string }) {
    this.#clock = options.clock;
    this.callId = options.callId ?? 'call-1';
    this.legId = options.legId ?? 'leg-1';
  }

  /** The far end says this; it follows what it said before, now, unless told otherwise. */
  receive(samples: Int16Array, place: Place = {}): void {
    const frame = { position: this.#receivedPosition, source: 0, atMs: this.#clock.now(), ...place, samples };
    this.#receivedPosition = frame.position + samples.length;
    for (const listener of [...this.#received]) listener(frame);
  }

  /** The far end is sent this, by bridge, tone or file. */
  send(samples: Int16Array, place: Place = {}): void {
    const frame = { position: this.#sentPosition, source: 0, atMs: this.#clock.now(), ...place, samples };
    this.#sentPosition = frame.position + samples.length;
    for (const listener of [...this.#sent]) listener(frame);
  }

  press(digit: string, durationMs = 100): void {
    for (const listener of [...this.#digits]) listener({ digit, durationMs });
  }

  /**
   * What the 20 ms pacer does: asks who feeds, and sends it to the far end, silence when he has nothing to say. Gives what
   * he said. Undefined also when nobody feeds; then nothing is sent.
   */
  pull(): Int16Array | undefined {
    const source = this.#sources.at(-1);
    if (!source) return undefined;
    const samples = source.next();
    this.send(samples ?? new Int16Array(160));
    return samples;
  }

  get isFed(): boolean {
    return this.#sources.length > 0;
  }

  /** The leg is joined with another. */
  join(): void {
    this.hasPartner = true;
    for (const listener of [...this.#joined]) listener();
  }

  /** What the leg's partner is fed now; undefined when nobody feeds it, or there is none. */
  pullPartner(): Int16Array | undefined {
    return this.#partnerSources.at(-1)?.next();
  }

  /** How many listen or feed. 0 at the end of a test means that nothing was left behind. */
  get subscriptions(): number {
    const listeners = this.#received.size + this.#sent.size + this.#digits.size + this.#joined.size;
    return listeners + this.#sources.length + this.#partnerSources.length;
  }

  onReceived(listener: Listener<AudioFrame>): () => void {
    return subscribed(this.#received, listener);
  }

  onSent(listener: Listener<AudioFrame>): () => void {
    return subscribed(this.#sent, listener);
  }

  onDigit(listener: Listener<Digit>): () => void {
    return subscribed(this.#digits, listener);
  }

  feed(source: AudioSource): () => void {
    return fed(this.#sources, source);
  }

  feedPartner(source: AudioSource): () => void {
    return this.hasPartner ? fed(this.#partnerSources, source) : () => {};
  }

  onJoined(listener: () => void): () => void {
    return subscribed(this.#joined, listener);
  }
}

function fed(sources: AudioSource[], source: AudioSource): () => void {
  sources.push(source);
  return () => {
    const index = sources.lastIndexOf(source);
    if (index >= 0) sources.splice(index, 1);
  };
}

function subscribed<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  const own: Listener<T> = (value) => listener(value);
  listeners.add(own);
  return () => listeners.delete(own);
}
