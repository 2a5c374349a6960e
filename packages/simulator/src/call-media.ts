import { hex, type Random } from '@intermix/kernel';
import type { MediaDirection } from '@intermix/media';
import { AudioEndpoint, type AudioEndpointOptions, type AudioRemote } from './audio-endpoint.js';
import {
  answerDirection,
  type CarrierCodec,
  type CarrierDescription,
  type CarrierFormat,
  parseCarrierSdp,
  writeCarrierSdp,
} from './carrier-sdp.js';
import { SimulatorError } from './errors.js';

const ownEventPayloadType = 101;
const payloadTypeOf: Record<CarrierCodec, number> = { PCMU: 0, PCMA: 8 };

export interface CallMediaOptions extends AudioEndpointOptions {
  /** In order of preference. Default PCMU, PCMA. */
  codecs?: readonly CarrierCodec[];
  /** Offer and accept telephone events. Default true. */
  telephoneEvents?: boolean;
}

/** Offer/answer of one call over one audio endpoint, first and repeated. RFC 3264. */
export class CallMedia {
  readonly audio: AudioEndpoint;
  readonly #formats: readonly CarrierFormat[];
  readonly #events: boolean;
  readonly #sessionId: string;
  #version = 0;
  #lastText = '';
  #direction: MediaDirection = 'sendrecv';
  #wanted: MediaDirection = 'sendrecv';
  #codec: CarrierCodec | undefined;

  private constructor(audio: AudioEndpoint, options: CallMediaOptions) {
    this.audio = audio;
    this.#events = options.telephoneEvents ?? true;
    this.#formats = (options.codecs ?? ['PCMU', 'PCMA']).map((codec) => ({ codec, payloadType: payloadTypeOf[codec] }));
    this.#sessionId = sessionIdFrom(options.random);
  }

  /** Opens the sockets. Rejects with SimulatorError `ports-exhausted`. */
  static async open(options: CallMediaOptions): Promise<CallMedia> {
    return new CallMedia(await AudioEndpoint.open(options), options);
  }

  /** Direction in force, as we see it. */
  get direction(): MediaDirection {
    return this.#direction;
  }

  /** The codec that we send, once agreed. */
  get codec(): CarrierCodec | undefined {
    return this.#codec;
  }

  /** Our offer; `sendonly` or `inactive` puts the far end on hold. */
  offer(direction: MediaDirection = this.#wanted): string {
    this.#wanted = direction;
    const eventPayloadType = this.#events ? ownEventPayloadType : undefined;
    return this.#write(direction, this.#formats, eventPayloadType);
  }

  /** The far end's answer to our offer. Throws SimulatorError `bad-sdp` or `no-common-codec`. */
  acceptAnswer(sdp: string): void {
    const answer = parseCarrierSdp(sdp);
    this.#apply(answer, this.#commonFormats(answer), answerDirection(answer.direction));
  }

  /** The far end's offer; gives our answer. Throws SimulatorError `bad-sdp` or `no-common-codec`. */
  acceptOffer(sdp: string): string {
    const offer = parseCarrierSdp(sdp);
    const formats = this.#commonFormats(offer);
    const direction = restrict(answerDirection(offer.direction), this.#wanted);
    this.#apply(offer, formats, direction);
    return this.#write(direction, formats, this.#events ? offer.eventPayloadType : undefined, offer);
  }

  close(): void {
    this.audio.close();
  }

  /** Theirs that we know, in their order: the carrier follows the offerer's preference. */
  #commonFormats(theirs: CarrierDescription): CarrierFormat[] {
    const common = theirs.formats.filter((format) => this.#formats.some((own) => own.codec === format.codec));
    if (common.length > 0) return common;
    throw new SimulatorError('no-common-codec', `none of ${theirs.mediaLines[theirs.audioIndex]} is PCMU or PCMA`);
  }

  #apply(theirs: CarrierDescription, formats: readonly CarrierFormat[], direction: MediaDirection): void {
    const format = formats[0] as CarrierFormat;
    this.#direction = direction;
    this.#codec = format.codec;
    this.audio.connect(this.#remote(theirs, format, formats));
    this.audio.setDirection({
      sending: direction === 'sendrecv' || direction === 'sendonly',
      receiving: direction === 'sendrecv' || direction === 'recvonly',
    });
  }

  #remote(theirs: CarrierDescription, format: CarrierFormat, formats: readonly CarrierFormat[]): AudioRemote {
    const eventPayloadType = this.#events ? theirs.eventPayloadType : undefined;
    return {
      host: theirs.host,
      port: theirs.port,
      format,
      receive: new Map([...this.#formats, ...formats].map((one) => [one.payloadType, one.codec])),
      eventPayloadType,
      receiveEvents: new Set(eventPayloadType === undefined ? [] : [ownEventPayloadType, eventPayloadType]),
    };
  }

  /** The `o=` version rises only when the text changed. RFC 3264 §8. */
  #write(
    direction: MediaDirection,
    formats: readonly CarrierFormat[],
    eventPayloadType: number | undefined,
    offer?: CarrierDescription,
  ): string {
    const { host, port } = this.audio;
    const own = { host, port, sessionId: this.#sessionId, direction, formats, eventPayloadType };
    const text = (version: number) => writeCarrierSdp({ ...own, version, ...(offer && { offer }) });
    if (this.#lastText !== text(this.#version)) this.#version += 1;
    this.#lastText = text(this.#version);
    return this.#lastText;
  }
}

/** What remains of an answered direction when we want less ourselves: both sides may hold at once. */
function restrict(possible: MediaDirection, wanted: MediaDirection): MediaDirection {
  const sends = (direction: MediaDirection) => direction === 'sendrecv' || direction === 'sendonly';
  const receives = (direction: MediaDirection) => direction === 'sendrecv' || direction === 'recvonly';
  if (sends(possible) && sends(wanted)) return receives(possible) && receives(wanted) ? 'sendrecv' : 'sendonly';
  return receives(possible) && receives(wanted) ? 'recvonly' : 'inactive';
}

function sessionIdFrom(random: Random): string {
  return String(Number.parseInt(hex(random.bytes(4)), 16) || 1);
}
