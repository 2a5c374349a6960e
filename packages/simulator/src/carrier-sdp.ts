import type { MediaDirection } from '@intermix/media';
import { SimulatorError } from './errors.js';

/** The codecs a plain carrier speaks. */
export type CarrierCodec = 'PCMU' | 'PCMA';

/** One audio format as a session description names it. */
export interface CarrierFormat {
  codec: CarrierCodec;
  payloadType: number;
}

/** What matters of a session description with one audio stream, RTP/AVP. RFC 4566, RFC 3264. */
export interface CarrierDescription {
  /** Where its writer wants RTP. */
  host: string;
  port: number;
  /** As its writer sees it. `c=0.0.0.0` (hold of RFC 2543) reads as `inactive`. */
  direction: MediaDirection;
  /** Known formats in order of preference. */
  formats: CarrierFormat[];
  /** Payload type of telephone-event at 8000 Hz, when offered. */
  eventPayloadType: number | undefined;
  /** Every m-line's `media proto format…`, so that an answer can refuse the others at their places. */
  mediaLines: string[];
  /** Which of them is the audio stream. */
  audioIndex: number;
}

const maxLength = 16_384;
const staticTypes: ReadonlyMap<number, CarrierCodec> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);

/** Reads a description. Throws SimulatorError `bad-sdp`. */
export function parseCarrierSdp(sdp: string): CarrierDescription {
  if (sdp.length > maxLength) throw new SimulatorError('bad-sdp', `a session description of ${sdp.length} characters`);
  const lines = sdp.split(/\r?\n/);
  const media = sections(lines);
  const audioIndex = media.findIndex((section) => /^m=audio [1-9]\d* RTP\/AVP /.test(section[0] ?? ''));
  const audio = media[audioIndex];
  if (!audio) throw new SimulatorError('bad-sdp', 'the session description has no audio stream over RTP/AVP');
  const session = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('m=')),
  );
  const [, port = '', , ...types] = (audio[0] ?? '').slice(2).trim().split(/ +/);
  const host = addressIn(audio) ?? addressIn(session);
  if (host === undefined) throw new SimulatorError('bad-sdp', 'the session description has no c= line');
  return {
    host,
    port: Number(port.split('/')[0]),
    direction: host === '0.0.0.0' ? 'inactive' : (directionIn(audio) ?? directionIn(session) ?? 'sendrecv'),
    formats: types.map(Number).flatMap((type) => formatOf(type, audio)),
    eventPayloadType: types.map(Number).find((type) => rtpmapOf(type, audio) === 'telephone-event/8000'),
    mediaLines: media.map((section) => (section[0] ?? '').slice(2).trim()),
    audioIndex,
  };
}

/** What our side of a description says. */
export interface OwnDescription {
  host: string;
  port: number;
  sessionId: string;
  version: number;
  direction: MediaDirection;
  formats: readonly CarrierFormat[];
  eventPayloadType: number | undefined;
  /** The offer that this answers. */
  offer?: CarrierDescription;
}

/** Writes an offer, or an answer in which streams other than the audio are refused by port 0 (RFC 3264 §6). */
export function writeCarrierSdp(own: OwnDescription): string {
  const family = own.host.includes(':') ? 'IP6' : 'IP4';
  const head = [
    'v=0',
    `o=carrier ${own.sessionId} ${own.version} IN ${family} ${own.host}`,
    's=-',
    `c=IN ${family} ${own.host}`,
    't=0 0',
  ];
  const streams = own.offer?.mediaLines.map((line, index) =>
    index === own.offer?.audioIndex ? audioLines(own) : [refused(line)],
  ) ?? [audioLines(own)];
  return [...head, ...streams.flat(), ''].join('\r\n');
}

/** The direction that answers an offered one when we would send and receive. RFC 3264 §6.1. */
export function answerDirection(offered: MediaDirection): MediaDirection {
  if (offered === 'sendonly') return 'recvonly';
  if (offered === 'recvonly') return 'sendonly';
  return offered;
}

function audioLines(own: OwnDescription): string[] {
  const event = own.eventPayloadType;
  const types = [...own.formats.map((format) => format.payloadType), ...(event === undefined ? [] : [event])];
  return [
    `m=audio ${own.port} RTP/AVP ${types.join(' ')}`,
    ...own.formats.map((format) => `a=rtpmap:${format.payloadType} ${format.codec}/8000`),
    ...(event === undefined ? [] : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`]),
    'a=ptime:20',
    `a=${own.direction}`,
  ];
}

function refused(mediaLine: string): string {
  const [media = 'application', , ...rest] = mediaLine.split(/ +/);
  return `m=${media} 0 ${rest.join(' ')}`;
}

function sections(lines: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) found.push([]);
    found.at(-1)?.push(line);
  }
  return found;
}

function addressIn(lines: readonly string[]): string | undefined {
  const line = lines.find((candidate) => candidate.startsWith('c=IN IP'));
  return line?.slice('c=IN IP4 '.length).split('/')[0]?.trim() || undefined;
}

function directionIn(lines: readonly string[]): MediaDirection | undefined {
  for (const line of lines) {
    const found = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line);
    if (found) return found[1] as MediaDirection;
  }
  return undefined;
}

function formatOf(payloadType: number, audio: readonly string[]): CarrierFormat[] {
  const mapped = /^(PCMU|PCMA)\/8000$/.exec(rtpmapOf(payloadType, audio)?.toUpperCase() ?? '')?.[1];
  const codec = (mapped as CarrierCodec | undefined) ?? staticTypes.get(payloadType);
  return codec === undefined ? [] : [{ codec, payloadType }];
}

/** `encoding/clock` of a payload type; a channel count of 1 is left off. */
function rtpmapOf(payloadType: number, audio: readonly string[]): string | undefined {
  const prefix = `a=rtpmap:${payloadType} `;
  const line = audio.find((candidate) => candidate.startsWith(prefix));
  return line
    ?.slice(prefix.length)
    .trim()
    .replace(/(\/\d+)\/1$/, '$1');
}
