import type { CodecName } from '../types.js';
import { codecFacts, defaultTelephoneEventPayloadTypes } from './codecs.js';
import type { RemoteDescription, RemoteFormat, RemoteTelephoneEvent } from './descriptions.js';

/** A leg's payload types. A number once given to a format keeps its meaning for the session: RFC 3264 §8.3.2. */
export class PayloadTypes {
  readonly #codecs = new Map<CodecName, number>();
  readonly #telephoneEvents = new Map<number, number>();

  /** Takes over the numbers that the far end has written. */
  learn(remote: RemoteDescription): void {
    for (const format of remote.formats) this.#codecs.set(format.codec, format.payloadType);
    for (const event of remote.telephoneEvents) this.#telephoneEvents.set(event.clockRateHz, event.payloadType);
  }

  formats(codecs: readonly CodecName[]): RemoteFormat[] {
    return codecs.map((codec) => ({ codec, payloadType: this.#codecOf(codec) }));
  }

  /** One telephone-event for each clock among the codecs. */
  telephoneEvents(codecs: readonly CodecName[]): RemoteTelephoneEvent[] {
    const clocks = new Set(codecs.map((codec) => codecFacts[codec].clockRateHz));
    return [...clocks].map((clockRateHz) => ({ clockRateHz, payloadType: this.#telephoneEventOf(clockRateHz) }));
  }

  #codecOf(codec: CodecName): number {
    const known = this.#codecs.get(codec);
    if (known !== undefined) return known;
    const fresh = this.#free(codecFacts[codec].defaultPayloadType);
    this.#codecs.set(codec, fresh);
    return fresh;
  }

  #telephoneEventOf(clockRateHz: number): number {
    const known = this.#telephoneEvents.get(clockRateHz);
    if (known !== undefined) return known;
    const fresh = this.#free(defaultTelephoneEventPayloadTypes.get(clockRateHz) ?? 96);
    this.#telephoneEvents.set(clockRateHz, fresh);
    return fresh;
  }

  /** The wanted number, or the first dynamic one that nothing uses yet. */
  #free(wanted: number): number {
    const taken = new Set([...this.#codecs.values(), ...this.#telephoneEvents.values()]);
    if (!taken.has(wanted)) return wanted;
    for (let payloadType = 96; payloadType < 127; payloadType++) if (!taken.has(payloadType)) return payloadType;
    return 127;
  }
}
