import type { Random } from '@intermix/kernel';
import { type RtpPacket, type SendCounters, samplesPerFrame, writeRtp } from '@intermix/media';

/** Our side of an RTP stream: one SSRC, sequence and timestamps from random starts. RFC 3550 §5.1. */
export class OutgoingStream {
  readonly ssrc: number;
  #sequence: number;
  #timestamp: number;
  #packetsSent = 0;
  #octetsSent = 0;

  constructor(random: Random) {
    const seed = Buffer.from(random.bytes(10));
    this.ssrc = seed.readUInt32BE(0);
    this.#sequence = seed.readUInt16BE(4);
    this.#timestamp = seed.readUInt32BE(6);
  }

  /** Timestamp of the frame that is due now. */
  get timestamp(): number {
    return this.#timestamp;
  }

  get counters(): SendCounters {
    return { packetsSent: this.#packetsSent, octetsSent: this.#octetsSent, rtpTimestamp: this.#timestamp };
  }

  /** Time passes, whether something is sent or not. */
  advance(frames: number): void {
    this.#timestamp = (this.#timestamp + frames * samplesPerFrame) >>> 0;
  }

  /** The next packet, counted as sent. */
  write(packet: Omit<RtpPacket, 'ssrc' | 'sequenceNumber'>): Buffer {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packetsSent++;
    this.#octetsSent += packet.payload.length;
    return writeRtp({ ...packet, sequenceNumber: this.#sequence, ssrc: this.ssrc });
  }
}
