import type { Clock } from '@intermix/kernel';
import { ReceiveStatistics } from '../../rtp/receive-statistics.js';
import { parseRtp, type RtpPacket } from '../../rtp/rtp-packet.js';
import { type PressedDigit, TelephoneEventReceiver } from '../../rtp/telephone-event-receiver.js';
import { codecFacts } from '../../sdp/codecs.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import type { CodecName } from '../../types.js';

/** A packet that came in, told apart by its payload type; `data` is all of it, and the receiver's to write over. */
export type InboundPacket =
  | { type: 'audio'; packet: RtpPacket; data: Buffer; codec: CodecName }
  | { type: 'event'; packet: RtpPacket; clockRateHz: number };

/** What comes from a leg's far end: counted, told apart, digits read. */
export class InboundStream {
  readonly statistics = new ReceiveStatistics();
  readonly #clock: Clock;
  readonly #events = new TelephoneEventReceiver();
  readonly #onDigit: (digit: PressedDigit) => void;
  #media: NegotiatedMedia | undefined;
  #lastPacketAtMs: number | undefined;
  #malformed = 0;

  constructor(options: { clock: Clock; onDigit: (digit: PressedDigit) => void }) {
    this.#clock = options.clock;
    this.#onDigit = options.onDigit;
  }

  /** When the last RTP packet came; undefined before the first. */
  get lastPacketAtMs(): number | undefined {
    return this.#lastPacketAtMs;
  }

  /** Packets that were not RTP or not what their payload type says. */
  get malformed(): number {
    return this.#malformed;
  }

  configure(media: NegotiatedMedia): void {
    this.#media = media;
  }

  /** Reads a packet; undefined when it is broken or of a payload type that was not agreed. */
  handle(data: Buffer): InboundPacket | undefined {
    try {
      return this.#read(parseRtp(data), data);
    } catch {
      this.#malformed++;
      return undefined;
    }
  }

  /** To be called now and then: ends digits whose end packets were lost. */
  poll(): void {
    const digit = this.#events.poll(this.#clock.now());
    if (digit) this.#onDigit(digit);
  }

  #read(packet: RtpPacket, data: Buffer): InboundPacket | undefined {
    const now = this.#clock.now();
    this.#lastPacketAtMs = now;
    const inbound = this.#classify(packet, data);
    const clockRateHz = inbound?.type === 'event' ? inbound.clockRateHz : this.#audioClockHz(inbound);
    this.statistics.received(
      {
        ssrc: packet.ssrc,
        sequenceNumber: packet.sequenceNumber,
        timestamp: packet.timestamp,
        payloadLength: packet.payload.length,
        // All packets of an event carry one timestamp: their arrival says nothing about jitter.
        isTimed: inbound?.type !== 'event',
      },
      now,
      clockRateHz,
    );
    if (inbound?.type === 'event') {
      const event = { payload: packet.payload, timestamp: packet.timestamp, clockRateHz };
      for (const digit of this.#events.handle(event, now)) this.#onDigit(digit);
    }
    return inbound;
  }

  #classify(packet: RtpPacket, data: Buffer): InboundPacket | undefined {
    const media = this.#media;
    const event = media?.telephoneEvent;
    if (event?.receivePayloadTypes.includes(packet.payloadType)) {
      return { type: 'event', packet, clockRateHz: event.clockRateHz };
    }
    const codec = media?.receive.find((format) => format.payloadType === packet.payloadType)?.codec;
    return codec && { type: 'audio', packet, data, codec };
  }

  #audioClockHz(inbound: InboundPacket | undefined): number {
    const codec = inbound?.type === 'audio' ? inbound.codec : this.#media?.codec;
    return codec ? codecFacts[codec].clockRateHz : 8000;
  }
}
