/** Where a packet came from: its stream's identity, and its place in that stream. */
export interface SourcePosition {
  /** Anything that names the source: a bridged SSRC, a tone, a digit. A change of it is a source change. */
  source: string | number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
}

export interface OutgoingPosition {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
}

/** A jump beyond these is a restart of the source, not loss or reordering. RFC 3550 A.1. */
const maxDropout = 3000;
const maxMisorder = 100;

/**
 * Makes one continuous RTP stream out of many sources: constant SSRC, sequence numbers without a gap of our own making,
 * timestamps that follow time across a change of source, and the marker bit on the first packet of each source.
 * Loss and reordering inside a source stay visible, as the far end's statistics and jitter buffer need them.
 */
export class StreamRewriter {
  readonly ssrc: number;
  #source: string | number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #firstSequence = 0;
  #placedOfSource = 0;
  #highestSequence: number;
  #lastTimestamp: number;
  #lastSentAtMs: number | undefined;
  #clockRateHz = 8000;

  constructor(start: { ssrc: number; sequenceNumber: number; timestamp: number }) {
    this.ssrc = start.ssrc >>> 0;
    this.#highestSequence = (start.sequenceNumber - 1) & 0xffff;
    this.#lastTimestamp = start.timestamp >>> 0;
  }

  /** The source went quiet on purpose (hold): the next packet starts anew instead of showing a gap. */
  interrupt(): void {
    this.#source = undefined;
  }

  /** The outgoing timestamp that belongs to this moment. */
  timestampAt(nowMs: number): number {
    if (this.#lastSentAtMs === undefined) return this.#lastTimestamp;
    const elapsedMs = Math.max(0, nowMs - this.#lastSentAtMs);
    return (this.#lastTimestamp + Math.round((elapsedMs * this.#clockRateHz) / 1000)) >>> 0;
  }

  /** Gives the packet its place in the outgoing stream; undefined when it is too late to have one. */
  place(packet: SourcePosition, nowMs: number, clockRateHz: number): OutgoingPosition | undefined {
    const isNewSource = packet.source !== this.#source || this.#hasRestarted(packet);
    if (isNewSource) this.#startSource(packet, nowMs, clockRateHz);
    else if (this.#isBeforeStart(packet)) return undefined;
    this.#placedOfSource++;
    const sequenceNumber = (packet.sequenceNumber + this.#sequenceOffset) & 0xffff;
    const timestamp = (packet.timestamp + this.#timestampOffset) >>> 0;
    this.#advance(sequenceNumber, timestamp, nowMs);
    return { ssrc: this.ssrc, sequenceNumber, timestamp, marker: packet.marker || isNewSource };
  }

  #startSource(packet: SourcePosition, nowMs: number, clockRateHz: number): void {
    const isFirst = this.#lastSentAtMs === undefined;
    const oneFrame = isFirst ? 0 : clockRateHz / 50;
    const due = this.timestampAt(nowMs);
    const ahead = (due - this.#lastTimestamp) >>> 0;
    const timestamp = this.#lastTimestamp + Math.max(oneFrame, ahead);
    this.#source = packet.source;
    this.#clockRateHz = clockRateHz;
    this.#firstSequence = packet.sequenceNumber;
    this.#placedOfSource = 0;
    this.#sequenceOffset = (this.#highestSequence + 1 - packet.sequenceNumber) & 0xffff;
    this.#timestampOffset = (timestamp - packet.timestamp) >>> 0;
  }

  /** Late, from before the source was switched in: its number belongs to the source before. Possible near the start only. */
  #isBeforeStart(packet: SourcePosition): boolean {
    return this.#placedOfSource <= maxMisorder && signed16(packet.sequenceNumber - this.#firstSequence) < 0;
  }

  #hasRestarted(packet: SourcePosition): boolean {
    const outgoing = (packet.sequenceNumber + this.#sequenceOffset) & 0xffff;
    const step = signed16(outgoing - this.#highestSequence);
    return step > maxDropout || step < -maxMisorder;
  }

  #advance(sequenceNumber: number, timestamp: number, nowMs: number): void {
    if (signed16(sequenceNumber - this.#highestSequence) <= 0) return;
    this.#highestSequence = sequenceNumber;
    // The packets of a telephone event all carry the timestamp of its start: that is the moment to count from.
    if (timestamp === this.#lastTimestamp && this.#lastSentAtMs !== undefined) return;
    this.#lastTimestamp = timestamp;
    this.#lastSentAtMs = nowMs;
  }
}

/** The difference of two sequence numbers as a signed 16-bit number. */
function signed16(difference: number): number {
  return (difference << 16) >> 16;
}
