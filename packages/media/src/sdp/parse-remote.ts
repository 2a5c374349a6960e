import { isIP } from 'node:net';
import { SdpError } from '../errors.js';
import type { LegKind, MediaDirection } from '../types.js';
import { codecOfRtpmap } from './codecs.js';
import type { RemoteDescription, RemoteFormat, RemoteTelephoneEvent, RemoteTransport } from './descriptions.js';
import { directionOf, receives, sends } from './direction.js';
import { readLines, type SdpPart, type SdpSection, type SdpText, tokenOf } from './sdp-lines.js';

const kindOfProfile: Readonly<Record<string, LegKind>> = {
  'RTP/AVP': 'rtp',
  'RTP/AVPF': 'rtp',
  'UDP/TLS/RTP/SAVP': 'webrtc',
  'UDP/TLS/RTP/SAVPF': 'webrtc',
  'RTP/SAVPF': 'webrtc', // What browsers wrote before RFC 8261; accepted when a fingerprint is there.
};

/** Reads the far end's offer or answer. Throws SdpError, and nothing else. */
export function parseRemote(sdp: string): RemoteDescription {
  const read = readLines(sdp);
  const audioIndex = audioSectionOf(read.sections);
  const section = read.sections[audioIndex] as SdpSection;
  const kind = kindOfProfile[section.protocol] as LegKind;
  const mid = tokenOf(section, 'mid');
  const transport = kind === 'rtp' ? rtpTransport(read, section) : webrtcTransport(read, section);
  const maps = rtpmapsOf(section);
  return {
    kind,
    sections: read.sections.map((each) => ({
      type: each.type,
      protocol: each.protocol,
      formats: each.formats.join(' '),
      mid: tokenOf(each, 'mid'),
    })),
    audioIndex,
    hasBundle: mid !== undefined && isBundled(read.session, mid),
    formats: formatsOf(maps),
    telephoneEvents: telephoneEventsOf(maps),
    direction: directionOfSection(read, section, transport),
    transport,
  };
}

function audioSectionOf(sections: readonly SdpSection[]): number {
  const isAudio = (section: SdpSection) => section.type === 'audio';
  const usable = sections.findIndex((s) => isAudio(s) && s.port !== 0 && kindOfProfile[s.protocol] !== undefined);
  if (usable >= 0) return usable;
  const audio = sections.filter(isAudio);
  if (audio.length === 0) throw new SdpError('no-audio', 'there is no m=audio section');
  const refused = audio.find((section) => section.port !== 0);
  if (!refused) throw new SdpError('rejected', 'the audio section has port 0: the far end wants no audio');
  throw new SdpError(
    'unsupported-profile',
    `audio over ${refused.protocol} is not supported; use RTP/AVP or UDP/TLS/RTP/SAVPF`,
  );
}

function isBundled(session: SdpPart, mid: string): boolean {
  return (session.attributes.get('group') ?? []).some((group) => {
    const [semantics, ...mids] = group.split(' ');
    return semantics === 'BUNDLE' && mids.includes(mid);
  });
}

interface Rtpmap {
  payloadType: number;
  codec: string;
  rate: number;
  channels: number;
}

/** What each payload type of the m= line means, in its order; those without a meaning are left out. */
function rtpmapsOf(section: SdpSection): Rtpmap[] {
  const written = new Map<number, Rtpmap>();
  for (const value of section.attributes.get('rtpmap') ?? []) {
    const map = rtpmapOf(value);
    if (map && !written.has(map.payloadType)) written.set(map.payloadType, map);
  }
  return section.formats.flatMap((format) => {
    const payloadType = Number(format);
    return written.get(payloadType) ?? staticMaps.get(payloadType) ?? [];
  });
}

/** `96 opus/48000/2`: RFC 8866 §6.6. */
function rtpmapOf(value: string): Rtpmap | undefined {
  const found = /^(\d{1,3}) +([\w.-]+)(?:\s*\/(\d+)(?:\s*\/(\d+))?)?/.exec(value);
  if (!found || Number(found[1]) > 127) return undefined;
  const [, payloadType, codec = '', rate = 8000, channels = 1] = found;
  return { payloadType: Number(payloadType), codec, rate: Number(rate), channels: Number(channels) };
}

/** The static types that we know may lack a map. RFC 3551 §6. */
const staticMaps: ReadonlyMap<number, Rtpmap> = new Map([
  [0, { payloadType: 0, codec: 'PCMU', rate: 8000, channels: 1 }],
  [8, { payloadType: 8, codec: 'PCMA', rate: 8000, channels: 1 }],
]);

function formatsOf(maps: readonly Rtpmap[]): RemoteFormat[] {
  const formats: RemoteFormat[] = [];
  for (const { payloadType, ...map } of maps) {
    const codec = codecOfRtpmap(map.codec, map.rate, map.channels);
    if (codec && !formats.some((known) => known.codec === codec)) formats.push({ payloadType, codec });
  }
  return formats;
}

function telephoneEventsOf(maps: readonly Rtpmap[]): RemoteTelephoneEvent[] {
  const events = maps.filter((map) => map.codec.toLowerCase() === 'telephone-event' && map.rate > 0);
  return events.map(({ payloadType, rate }) => ({ payloadType, clockRateHz: rate }));
}

function directionOfSection(read: SdpText, section: SdpSection, transport: RemoteTransport): MediaDirection {
  const written = writtenDirection(section) ?? writtenDirection(read.session) ?? 'sendrecv';
  const isHeld = transport.kind === 'rtp' && transport.isHeld;
  return directionOf(sends(written), receives(written) && !isHeld);
}

const directions: readonly MediaDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

function writtenDirection(part: SdpPart): MediaDirection | undefined {
  return directions.find((direction) => part.attributes.has(direction));
}

function rtpTransport(read: SdpText, section: SdpSection): RemoteTransport {
  const address = section.address ?? read.session.address;
  if (address === undefined)
    throw new SdpError('bad-address', 'there is no c= line, neither for the session nor for the audio');
  checkAddress(address);
  const { port } = section;
  return {
    kind: 'rtp',
    address,
    port,
    ...(rtcpOf(section, address) ?? { rtcpAddress: address, rtcpPort: Math.min(65_535, port + 1) }),
    isHeld: address === '0.0.0.0' || address === '::', // RFC 3264 §8.4: the old way of holding.
  };
}

/** `a=rtcp:53020` or `a=rtcp:53020 IN IP4 192.0.2.1`, RFC 3605; undefined when it is not there or not usable. */
function rtcpOf(section: SdpSection, host: string): { rtcpAddress: string; rtcpPort: number } | undefined {
  const found = /^(\d{1,5})(?: \S+ IP[46] (\S+))?/.exec(section.attributes.get('rtcp')?.at(-1) ?? '');
  const [rtcpPort, rtcpAddress] = [Number(found?.[1] ?? 0), found?.[2] ?? host];
  return rtcpPort > 0 && rtcpPort <= 65_535 && isIP(rtcpAddress) !== 0 ? { rtcpAddress, rtcpPort } : undefined;
}

function checkAddress(address: string): void {
  const family = isIP(address);
  if (family === 0) throw new SdpError('bad-address', `the c= line's "${address.slice(0, 60)}" is not an IP address`);
  const isMulticast = family === 4 ? Number(address.split('.')[0]) >= 224 : /^ff/i.test(address);
  if (isMulticast) throw new SdpError('bad-address', `the c= line's ${address} is not a unicast address`);
}

function webrtcTransport(read: SdpText, section: SdpSection): RemoteTransport {
  const { session } = read;
  const iceUfrag = tokenOf(section, 'ice-ufrag') ?? tokenOf(session, 'ice-ufrag');
  const icePwd = tokenOf(section, 'ice-pwd') ?? tokenOf(session, 'ice-pwd');
  if (iceUfrag === undefined || !/^[A-Za-z0-9+/]{4,256}$/.test(iceUfrag)) {
    throw new SdpError('missing-ice', 'a=ice-ufrag is missing or not 4 to 256 ICE characters');
  }
  if (icePwd === undefined || !/^[A-Za-z0-9+/]{22,256}$/.test(icePwd)) {
    throw new SdpError('missing-ice', 'a=ice-pwd is missing or not 22 to 256 ICE characters');
  }
  return {
    kind: 'webrtc',
    iceUfrag,
    icePwd,
    fingerprint: fingerprintOf(session, section),
    setup: setupOf(tokenOf(section, 'setup') ?? tokenOf(session, 'setup')),
    candidates: candidatesOf(section),
  };
}

function fingerprintOf(session: SdpPart, section: SdpSection): string {
  const values = section.attributes.get('fingerprint') ?? session.attributes.get('fingerprint');
  const value = values?.at(-1)?.trimEnd() ?? '';
  if (!/^sha-(1|224|256|384|512) [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){19,63}$/i.test(value)) {
    throw new SdpError('missing-fingerprint', 'a=fingerprint is missing or not a hash of octets in hexadecimal');
  }
  return value;
}

function setupOf(setup: string | undefined): 'active' | 'passive' | 'actpass' {
  return setup === 'active' || setup === 'passive' ? setup : 'actpass';
}

/**
 * Only UDP candidates of component 1 with an address: those of component 2 would lead ICE to an RTCP port, and a
 * `.local` name needs mDNS. What is left out is found as peer-reflexive all the same.
 */
function candidatesOf(section: SdpSection): string[] {
  const written = section.attributes.get('candidate') ?? [];
  return written.flatMap((value) => usableCandidate(value) ?? []).slice(0, 32);
}

/** `foundation component transport priority address port typ type …`, RFC 8839 §5.1, written anew. */
function usableCandidate(value: string): string | undefined {
  const [foundation = '', component, transport = '', priority = '', address = '', port = '', typ, type = ''] =
    value.split(' ');
  const isUsable =
    component === '1' &&
    typ === 'typ' &&
    transport.toLowerCase() === 'udp' &&
    isIP(address) !== 0 &&
    /^\d{1,5}$/.test(port) &&
    Number(port) > 0 &&
    Number(port) <= 65_535 &&
    /^(host|srflx|prflx|relay)$/.test(type) &&
    /^[A-Za-z0-9+/]{1,32}$/.test(foundation) &&
    /^\d{1,10}$/.test(priority);
  if (!isUsable) return undefined;
  const line = `${foundation} 1 UDP ${priority} ${address} ${port} typ ${type}`;
  return type === 'host' ? line : `${line} raddr 0.0.0.0 rport 0`;
}
