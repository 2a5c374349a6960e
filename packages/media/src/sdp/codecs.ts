import type { CodecName, LegKind } from '../types.js';

export interface CodecFacts {
  name: CodecName;
  /** RTP clock. */
  clockRateHz: number;
  channels: number;
  /** Ours until the far end has named another. */
  defaultPayloadType: number;
  fmtp?: string;
}

/** What we know of each codec: RFC 3551 for G.711, RFC 7587 for Opus (always 48000/2 in SDP). */
export const codecFacts: Readonly<Record<CodecName, CodecFacts>> = {
  PCMU: { name: 'PCMU', clockRateHz: 8000, channels: 1, defaultPayloadType: 0 },
  PCMA: { name: 'PCMA', clockRateHz: 8000, channels: 1, defaultPayloadType: 8 },
  opus: { name: 'opus', clockRateHz: 48_000, channels: 2, defaultPayloadType: 111, fmtp: 'minptime=10;useinbandfec=1' },
};

/** Our payload type of telephone-event, by clock, until the far end has named another. */
export const defaultTelephoneEventPayloadTypes: ReadonlyMap<number, number> = new Map([
  [8000, 101],
  [48_000, 110],
]);

/** What a leg of this kind may use, in the order in which we like it: G.711 first, so that a call needs no transcoding. */
export function defaultCodecs(kind: LegKind): readonly CodecName[] {
  return kind === 'rtp' ? ['PCMU', 'PCMA'] : ['PCMU', 'PCMA', 'opus'];
}

/** By the name in lower case: encoding names are compared without case. RFC 8866 §6.6. */
const factsByEncoding: ReadonlyMap<string, CodecFacts> = new Map(
  Object.values(codecFacts).map((facts) => [facts.name.toLowerCase(), facts]),
);

/** The codec that an rtpmap names, or undefined. */
export function codecOfRtpmap(encoding: string, clockRateHz: number, channels: number): CodecName | undefined {
  const facts = factsByEncoding.get(encoding.toLowerCase());
  return facts?.clockRateHz === clockRateHz && facts.channels === channels ? facts.name : undefined;
}

/** Whether audio of one can go out as the other: same codec, or G.711 by table. */
export function canCarry(from: CodecName, to: CodecName): boolean {
  return from === to || (from !== 'opus' && to !== 'opus');
}
