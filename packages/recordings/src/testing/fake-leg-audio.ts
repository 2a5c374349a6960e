import type { AudioFrame, AudioSource, LegAudio } from '@intermix/media';

type Listener = (frame: AudioFrame) => void;

/** A leg whose frames a test tells. */
export class FakeLegAudio implements LegAudio {
  readonly callId = 'call-1';
  readonly legId = 'leg-1';
  readonly #received = new Set<Listener>();
  readonly #sent = new Set<Listener>();
  /** Who feeds the far end, last first. */
  readonly feeds: AudioSource[] = [];

  get listeners(): number {
    return this.#received.size + this.#sent.size;
  }

  onReceived(listener: Listener): () => void {
    this.#received.add(listener);
    return () => this.#received.delete(listener);
  }

  onSent(listener: Listener): () => void {
    this.#sent.add(listener);
    return () => this.#sent.delete(listener);
  }

  feed(source: AudioSource): () => void {
    this.feeds.unshift(source);
    return () => {
      const at = this.feeds.indexOf(source);
      if (at >= 0) this.feeds.splice(at, 1);
    };
  }

  /** Whether a party has put the other on hold. */
  isHeld = false;

  feedPartner(): () => void {
    return () => {};
  }

  onJoined(): () => void {
    return () => {};
  }

  onDigit(): () => void {
    return () => {};
  }

  receive(frame: AudioFrame): void {
    for (const listener of [...this.#received]) listener(frame);
  }

  send(frame: AudioFrame): void {
    for (const listener of [...this.#sent]) listener(frame);
  }
}
