import type { Random } from '@intermix/kernel';
import { SdpError } from '../errors.js';
import type { AnswerOptions, CodecName, LegKind, MediaDirection, OfferOptions } from '../types.js';
import { codecFacts, defaultCodecs } from './codecs.js';
import type {
  DtlsRole,
  LocalTransport,
  NegotiatedMedia,
  RemoteDescription,
  RemoteFormat,
  RemoteSection,
  RemoteTelephoneEvent,
} from './descriptions.js';
import { intersection, reversed } from './direction.js';
import { PayloadTypes } from './payload-types.js';
import { readRemote } from './read-remote.js';
import { type LocalContent, withVersion, writeLocal } from './write-local.js';

/** What an exchange settled: for the engine. */
export interface Agreement {
  media: NegotiatedMedia;
  remote: RemoteDescription;
  /** Our DTLS role; meaningless for rtp. */
  dtlsRole: DtlsRole;
}

const profileOf: Readonly<Record<LegKind, string>> = { rtp: 'RTP/AVP', webrtc: 'UDP/TLS/RTP/SAVPF' };

/**
 * One leg's SDP: writes our offers and answers, reads the far end's, and holds what must stay the same between them
 * (session id, payload types, places of the m= sections, DTLS role). Pure; engines stand below it. RFC 3264.
 */
export class LegDescription {
  readonly #kind: LegKind;
  readonly #sessionId: string;
  readonly #payloadTypes = new PayloadTypes();
  #transport: LocalTransport;
  #sections: RemoteSection[];
  #audioIndex = 0;
  #version = 0;
  #lastBody: string | undefined;
  #offered: { codecs: readonly CodecName[]; direction: MediaDirection } | undefined;
  #agreement: Agreement | undefined;

  constructor(options: { transport: LocalTransport; random: Random }) {
    this.#kind = options.transport.kind;
    this.#transport = options.transport;
    this.#sessionId = numericId(options.random);
    const mid = this.#kind === 'webrtc' ? '0' : undefined;
    this.#sections = [{ type: 'audio', protocol: profileOf[this.#kind], formats: '', mid }];
  }

  /** What is in force: undefined before the first exchange is complete. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** Our side of the path changed (ICE restart): the next text says so. */
  replaceTransport(transport: LocalTransport): void {
    this.#transport = transport;
  }

  /** Whether this description starts ICE anew, against the last one of the far end. RFC 8839 §4.4.1.1.1. */
  restartsIce(remote: RemoteDescription): boolean {
    const before = this.#agreement?.remote.transport;
    if (before?.kind !== 'webrtc' || remote.transport.kind !== 'webrtc') return false;
    return before.iceUfrag !== remote.transport.iceUfrag || before.icePwd !== remote.transport.icePwd;
  }

  /** Reads a description of the far end, which must be of this leg's kind. Throws SdpError. */
  read(sdp: string): RemoteDescription {
    const remote = readRemote(sdp);
    if (remote.kind === this.#kind) return remote;
    throw new SdpError('wrong-kind', `this leg is ${this.#kind}, the description is for ${remote.kind}`);
  }

  /** Our offer. A repeated one lists the codec in force unless told otherwise, so that a hold changes nothing else. */
  offer(options: OfferOptions = {}): string {
    const inForce = this.#agreement ? [this.#agreement.media.codec] : defaultCodecs(this.#kind);
    const codecs = this.#allowed(options.codecs ?? inForce);
    const direction = options.direction ?? 'sendrecv';
    this.#offered = { codecs, direction };
    return this.#write({
      formats: this.#payloadTypes.formats(codecs),
      telephoneEvents: this.#payloadTypes.telephoneEvents(codecs),
      direction,
      setup: 'actpass',
      hasBundle: true,
    });
  }

  /** The far end's answer to our last offer; another fork's answer replaces it. Throws SdpError. */
  acceptAnswer(remote: RemoteDescription): Agreement {
    const offered = this.#offered;
    if (!offered) throw new SdpError('no-offer', 'an answer came, but this leg has made no offer');
    const ours = this.#payloadTypes.formats(offered.codecs);
    const ourEvents = this.#payloadTypes.telephoneEvents(offered.codecs);
    const agreed = remote.formats.filter((format) => offered.codecs.includes(format.codec));
    const first = agreed[0];
    if (!first)
      throw SdpError.noCommonCodec(
        remote.formats.map((f) => f.codec),
        offered.codecs,
      );
    const media: NegotiatedMedia = {
      codec: first.codec,
      sendPayloadType: first.payloadType,
      receive: [...ours, ...agreed],
      telephoneEvent: eventsOnClock(codecFacts[first.codec].clockRateHz, remote.telephoneEvents, ourEvents),
      direction: intersection(offered.direction, reversed(remote.direction)),
    };
    return this.#settle(media, remote, roleAgainst(remote, 'passive'));
  }

  /** Throws SdpError when the offer cannot be answered; changes nothing. For what must not be started in vain. */
  checkAnswerable(remote: RemoteDescription, options: AnswerOptions = {}): void {
    this.#choose(remote, options.codecs);
  }

  /** Our answer to the far end's offer. Throws SdpError; then what was in force stays in force. */
  answer(remote: RemoteDescription, options: AnswerOptions = {}): { sdp: string; agreement: Agreement } {
    const chosen = this.#choose(remote, options.codecs);
    const clockRateHz = codecFacts[chosen.codec].clockRateHz;
    const events = remote.telephoneEvents.filter((event) => event.clockRateHz === clockRateHz).slice(0, 1);
    const media: NegotiatedMedia = {
      codec: chosen.codec,
      sendPayloadType: chosen.payloadType,
      receive: [chosen],
      telephoneEvent: eventsOnClock(clockRateHz, events, events),
      direction: intersection(options.direction ?? 'sendrecv', reversed(remote.direction)),
    };
    this.#payloadTypes.learn(remote);
    this.#sections = remote.sections;
    this.#audioIndex = remote.audioIndex;
    const agreement = this.#settle(media, remote, roleAgainst(remote, this.#agreement?.dtlsRole ?? 'active'));
    const sdp = this.#write({
      formats: [chosen],
      telephoneEvents: events,
      direction: media.direction,
      setup: agreement.dtlsRole,
      hasBundle: remote.hasBundle,
    });
    return { sdp, agreement };
  }

  #settle(media: NegotiatedMedia, remote: RemoteDescription, dtlsRole: DtlsRole): Agreement {
    this.#agreement = { media, remote, dtlsRole };
    return this.#agreement;
  }

  /** The codec in force, if it may stay: a re-offer is for a hold far more often than for another codec. Else by order. */
  #choose(remote: RemoteDescription, wanted: readonly CodecName[] | undefined): RemoteFormat {
    const permitted = this.#allowed(wanted ?? defaultCodecs(this.#kind));
    const inForce = permitted.filter((codec) => codec === this.#agreement?.media.codec);
    const allowed = [...new Set([...inForce, ...permitted])];
    for (const codec of allowed) {
      const format = remote.formats.find((offered) => offered.codec === codec);
      if (format) return format;
    }
    throw SdpError.noCommonCodec(
      remote.formats.map((f) => f.codec),
      allowed,
    );
  }

  #allowed(codecs: readonly CodecName[]): CodecName[] {
    const known = defaultCodecs(this.#kind);
    const allowed = [...new Set(codecs)].filter((codec) => known.includes(codec));
    if (allowed.length > 0) return allowed;
    throw new SdpError(
      'no-common-codec',
      `a leg of kind ${this.#kind} carries none of ${codecs.join(', ') || 'no codec'}`,
    );
  }

  /** The version goes up only when the text says something new. RFC 3264 §8. */
  #write(said: Omit<LocalContent, 'transport' | 'sections' | 'audioIndex'>): string {
    const place = { transport: this.#transport, sections: this.#sections, audioIndex: this.#audioIndex };
    const body = writeLocal({ ...place, ...said });
    if (body !== this.#lastBody) this.#version++;
    this.#lastBody = body;
    return withVersion(body, this.#sessionId, this.#version);
  }
}

function eventsOnClock(
  clockRateHz: number,
  theirs: readonly RemoteTelephoneEvent[],
  ours: readonly RemoteTelephoneEvent[],
): NegotiatedMedia['telephoneEvent'] {
  const onClock = (event: RemoteTelephoneEvent) => event.clockRateHz === clockRateHz;
  const sendPayloadType = theirs.find(onClock)?.payloadType;
  if (sendPayloadType === undefined) return undefined;
  const receivePayloadTypes = [...theirs, ...ours].filter(onClock).map((event) => event.payloadType);
  return { sendPayloadType, receivePayloadTypes: [...new Set(receivePayloadTypes)], clockRateHz };
}

/** The far end's `active` makes us passive and the other way round; when it leaves the choice, ours is `preferred`. */
function roleAgainst(remote: RemoteDescription, preferred: DtlsRole): DtlsRole {
  if (remote.transport.kind !== 'webrtc' || remote.transport.setup === 'actpass') return preferred;
  return remote.transport.setup === 'active' ? 'passive' : 'active';
}

/** A session id that any reader can hold as a number: below 2^53. */
function numericId(random: Random): string {
  const bytes = random.bytes(6);
  return String([...bytes].reduce((sum, byte) => sum * 256 + byte, 0));
}
