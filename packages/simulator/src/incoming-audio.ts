import type { Clock } from '@intermix/kernel';
import {
  decodePcma,
  decodePcmu,
  type PressedDigit,
  ReceiveStatistics,
  type RtpPacket,
  TelephoneEventReceiver,
} from '@intermix/media';
import type { CarrierCodec } from './carrier-sdp.js';
import { ToneMeter } from './tone-meter.js';

const clockRateHz = 8000;
/** When nothing came for this long, what was heard is no longer "heard now". */
const staleMs = 300;

/** What the far end may send, by payload type. */
export interface ReceiveFormats {
  receive: ReadonlyMap<number, CarrierCodec>;
  receiveEvents: ReadonlySet<number>;
}

/** What one packet held. */
export interface Heard {
  pcm?: Int16Array;
  digits: PressedDigit[];
}

/** The far end's stream: counted, decoded, listened to. */
export class IncomingAudio {
  readonly statistics = new ReceiveStatistics();
  readonly #clock: Clock;
  readonly #events = new TelephoneEventReceiver();
  readonly #meter = new ToneMeter();
  #heardAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The tone heard now, in hertz to 5 Hz. */
  get hearingHz(): number | undefined {
    return this.#clock.now() - this.#heardAtMs > staleMs ? undefined : this.#meter.currentHz;
  }

  /** The tone heard last. */
  get lastHeardHz(): number | undefined {
    return this.#meter.lastHz;
  }

  /** Takes a packet. Throws RtpParseError when its telephone event is malformed. */
  handle(packet: RtpPacket, formats: ReceiveFormats): Heard {
    const { payload, timestamp, payloadType } = packet;
    const now = this.#clock.now();
    this.statistics.received({ ...packet, payloadLength: payload.length }, now, clockRateHz);
    if (formats.receiveEvents.has(payloadType)) {
      return { digits: this.#events.handle({ payload, timestamp, clockRateHz }, now) };
    }
    const codec = formats.receive.get(payloadType);
    if (!codec) return { digits: [] };
    const pcm = codec === 'PCMA' ? decodePcma(payload) : decodePcmu(payload);
    if (now - this.#heardAtMs > staleMs) this.#meter.reset();
    this.#heardAtMs = now;
    this.#meter.push(pcm);
    return { pcm, digits: [] };
  }

  /** To be called now and then: a digit whose end packets were lost. */
  overdueDigit(): PressedDigit | undefined {
    return this.#events.poll(this.#clock.now());
  }
}
