// What we receive of one stream: RFC 3550 A.1 (sequence), A.3 (loss), A.8 (jitter).

const maxDropout = 3000;
const maxMisorder = 100;
const sequenceModulus = 1 << 16;

export interface ReceivedPacket {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  payloadLength: number;
  /** False when the timestamp does not follow time, as within a telephone event: no jitter is taken from it. */
  isTimed?: boolean;
}

/** Statistics of the received stream. A new SSRC starts a new sequence, while the totals go on. */
export class ReceiveStatistics {
  #ssrc: number | undefined;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #badSequence: number | undefined;
  #receivedOfStream = 0;
  #lostBefore = 0;
  #transit: number | undefined;
  #jitter = 0;
  #clockRateHz = 8000;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #packetsReceived = 0;
  #octetsReceived = 0;

  /** The stream's SSRC, once a packet has come. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  get packetsReceived(): number {
    return this.#packetsReceived;
  }

  /** Payload octets. */
  get octetsReceived(): number {
    return this.#octetsReceived;
  }

  /** Expected minus received; duplicates can make it negative (A.3), here it stops at 0. */
  get packetsLost(): number {
    return this.#lostBefore + Math.max(0, this.#expected() - this.#receivedOfStream);
  }

  get jitterTicks(): number {
    return Math.round(this.#jitter);
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockRateHz;
  }

  /** Highest sequence number received, extended by its cycles. */
  get highestSequence(): number {
    return this.#cycles + this.#maxSequence;
  }

  /** Counts a packet. `clockRateHz` is that of its payload type. */
  received(packet: ReceivedPacket, arrivalMs: number, clockRateHz: number): void {
    if (packet.ssrc !== this.#ssrc) this.#startStream(packet);
    else if (!this.#isInOrder(packet.sequenceNumber)) return;
    this.#receivedOfStream++;
    this.#packetsReceived++;
    this.#octetsReceived += packet.payloadLength;
    if (packet.isTimed ?? true) this.#measureJitter(packet.timestamp, arrivalMs, clockRateHz);
  }

  /** Lost since the last call, in 1/256: the fraction for a report block. RFC 3550 A.3. */
  takeFractionLost(): number {
    const expected = this.#expected();
    const expectedSince = expected - this.#expectedPrior;
    const receivedSince = this.#receivedOfStream - this.#receivedPrior;
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#receivedOfStream;
    const lost = expectedSince - receivedSince;
    return expectedSince <= 0 || lost <= 0 ? 0 : Math.floor((lost << 8) / expectedSince);
  }

  #expected(): number {
    return this.#ssrc === undefined ? 0 : this.highestSequence - this.#baseSequence + 1;
  }

  #startStream(packet: ReceivedPacket): void {
    this.#lostBefore = this.packetsLost;
    this.#ssrc = packet.ssrc;
    this.#startSequence(packet.sequenceNumber);
    this.#transit = undefined;
    this.#jitter = 0;
  }

  #startSequence(sequenceNumber: number): void {
    this.#baseSequence = sequenceNumber;
    this.#maxSequence = sequenceNumber;
    this.#badSequence = undefined;
    this.#cycles = 0;
    this.#receivedOfStream = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
  }

  /** A.1, without probation: the transport has already checked who sends. False for a packet far out of place. */
  #isInOrder(sequenceNumber: number): boolean {
    const ahead = (sequenceNumber - this.#maxSequence) & 0xffff;
    if (ahead < maxDropout) {
      if (sequenceNumber < this.#maxSequence) this.#cycles += sequenceModulus;
      this.#maxSequence = sequenceNumber;
    } else if (ahead <= sequenceModulus - maxMisorder) {
      if (sequenceNumber !== this.#badSequence) {
        this.#badSequence = (sequenceNumber + 1) & 0xffff;
        return false;
      }
      this.#lostBefore = this.packetsLost; // Two in a row: the far end started anew without telling.
      this.#startSequence(sequenceNumber);
    }
    return true;
  }

  #measureJitter(timestamp: number, arrivalMs: number, clockRateHz: number): void {
    if (clockRateHz !== this.#clockRateHz) this.#transit = undefined;
    this.#clockRateHz = clockRateHz;
    const transit = (Math.round(arrivalMs * (clockRateHz / 1000)) - timestamp) | 0;
    if (this.#transit !== undefined) {
      const difference = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }
}
