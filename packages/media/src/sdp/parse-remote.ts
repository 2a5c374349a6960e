import { isIP } from 'node:net';
import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { SdpError } from '../errors.js';
import type { LegKind, MediaDirection } from '../types.js';
import { codecOfRtpmap } from './codecs.js';
import type { RemoteDescription, RemoteFormat, RemoteTelephoneEvent, RemoteTransport } from './descriptions.js';
import { directionOf, receives, sends } from './direction.js';
import { checkLines } from './sdp-lines.js';

type Section = SessionDescription['media'][number];

const kindOfProfile: Readonly<Record<string, LegKind>> = {
  'RTP/AVP': 'rtp',
  'RTP/AVPF': 'rtp',
  'UDP/TLS/RTP/SAVP': 'webrtc',
  'UDP/TLS/RTP/SAVPF': 'webrtc',
  'RTP/SAVPF': 'webrtc', // What browsers wrote before RFC 8261; accepted when a fingerprint is there.
};

/** Reads the far end's offer or answer. Throws SdpError, and nothing else. */
export function parseRemote(sdp: string): RemoteDescription {
  checkLines(sdp);
  const session = parseText(sdp);
  const audioIndex = audioSectionOf(session);
  const section = session.media[audioIndex] as Section;
  const kind = kindOfProfile[section.protocol] as LegKind;
  const mid = text(section.mid);
  const transport = kind === 'rtp' ? rtpTransport(session, section) : webrtcTransport(session, section);
  return {
    kind,
    sections: session.media.map((each) => ({
      type: each.type,
      protocol: each.protocol,
      formats: text(each.payloads) ?? '0',
      mid: text(each.mid),
    })),
    audioIndex,
    hasBundle: mid !== undefined && isBundled(session, mid),
    formats: formatsOf(section),
    telephoneEvents: telephoneEventsOf(section),
    direction: directionOfSection(session, section, transport),
    transport,
  };
}

function parseText(sdp: string): SessionDescription {
  try {
    return parse(sdp);
  } catch (error) {
    throw new SdpError('malformed', 'the session description cannot be read', { cause: error });
  }
}

/** sdp-transform gives a value that looks like a number as a number. */
const text = (value: string | number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

function audioSectionOf(session: SessionDescription): number {
  const isAudio = (section: Section) => section.type === 'audio';
  const usable = session.media.findIndex((s) => isAudio(s) && s.port !== 0 && kindOfProfile[s.protocol] !== undefined);
  if (usable >= 0) return usable;
  const audio = session.media.filter(isAudio);
  if (audio.length === 0) throw new SdpError('no-audio', 'there is no m=audio section');
  const refused = audio.find((section) => section.port !== 0);
  if (!refused) throw new SdpError('rejected', 'the audio section has port 0: the far end wants no audio');
  throw new SdpError(
    'unsupported-profile',
    `audio over ${refused.protocol} is not supported; use RTP/AVP or UDP/TLS/RTP/SAVPF`,
  );
}

function isBundled(session: SessionDescription, mid: string): boolean {
  return (session.groups ?? []).some((group) => group.type === 'BUNDLE' && String(group.mids).split(' ').includes(mid));
}

function payloadTypesOf(section: Section): number[] {
  const written = (text(section.payloads) ?? '').split(' ').map(Number);
  return written.filter((payloadType) => Number.isInteger(payloadType) && payloadType >= 0 && payloadType <= 127);
}

function formatsOf(section: Section): RemoteFormat[] {
  const formats: RemoteFormat[] = [];
  for (const payloadType of payloadTypesOf(section)) {
    const map = rtpmapOf(section, payloadType);
    const codec = map && codecOfRtpmap(map.codec, map.rate, map.channels);
    if (codec && !formats.some((known) => known.codec === codec)) formats.push({ payloadType, codec });
  }
  return formats;
}

function telephoneEventsOf(section: Section): RemoteTelephoneEvent[] {
  return payloadTypesOf(section).flatMap((payloadType) => {
    const map = rtpmapOf(section, payloadType);
    const isEvent = map?.codec.toLowerCase() === 'telephone-event' && map.rate > 0;
    return isEvent ? [{ payloadType, clockRateHz: map.rate }] : [];
  });
}

function rtpmapOf(section: Section, payloadType: number) {
  const map = section.rtp.find((entry) => entry.payload === payloadType);
  if (map) return { codec: String(map.codec), rate: Number(map.rate ?? 8000), channels: Number(map.encoding ?? 1) };
  if (payloadType === 0) return { codec: 'PCMU', rate: 8000, channels: 1 }; // Static types may lack a map, RFC 3551 §6.
  if (payloadType === 8) return { codec: 'PCMA', rate: 8000, channels: 1 };
  return undefined;
}

function directionOfSection(
  session: SessionDescription,
  section: MediaDescription,
  transport: RemoteTransport,
): MediaDirection {
  const written = section.direction ?? session.direction ?? 'sendrecv';
  const isHeld = transport.kind === 'rtp' && transport.isHeld;
  return directionOf(sends(written), receives(written) && !isHeld);
}

function rtpTransport(session: SessionDescription, section: Section): RemoteTransport {
  const address = text((section.connection ?? session.connection)?.ip);
  if (address === undefined)
    throw new SdpError('bad-address', 'there is no c= line, neither for the session nor for the audio');
  checkAddress(address);
  const port = Number(section.port);
  const rtcpAddress = text(section.rtcp?.address);
  const rtcpPort = Number(section.rtcp?.port ?? port + 1);
  const isRtcpUsable = rtcpPort > 0 && rtcpPort <= 65_535 && (rtcpAddress === undefined || isIP(rtcpAddress) !== 0);
  return {
    kind: 'rtp',
    address,
    port,
    rtcpAddress: isRtcpUsable ? (rtcpAddress ?? address) : address,
    rtcpPort: isRtcpUsable ? rtcpPort : Math.min(65_535, port + 1),
    isHeld: address === '0.0.0.0' || address === '::', // RFC 3264 §8.4: the old way of holding.
  };
}

function checkAddress(address: string): void {
  const family = isIP(address);
  if (family === 0) throw new SdpError('bad-address', `the c= line's "${address.slice(0, 60)}" is not an IP address`);
  const isMulticast = family === 4 ? Number(address.split('.')[0]) >= 224 : /^ff/i.test(address);
  if (isMulticast) throw new SdpError('bad-address', `the c= line's ${address} is not a unicast address`);
}

function webrtcTransport(session: SessionDescription, section: Section): RemoteTransport {
  const iceUfrag = text(section.iceUfrag ?? session.iceUfrag);
  const icePwd = text(section.icePwd ?? session.icePwd);
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
    setup: setupOf(text(section.setup ?? session.setup)),
    candidates: candidatesOf(section),
  };
}

function fingerprintOf(session: SessionDescription, section: Section): string {
  const fingerprint = section.fingerprint ?? session.fingerprint;
  const value = `${fingerprint?.type ?? ''} ${fingerprint?.hash ?? ''}`;
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
function candidatesOf(section: Section): string[] {
  const usable = (section.candidates ?? []).filter(
    (c) =>
      Number(c.component) === 1 &&
      String(c.transport).toLowerCase() === 'udp' &&
      isIP(String(c.ip)) !== 0 &&
      Number(c.port) > 0 &&
      Number(c.port) <= 65_535 &&
      /^(host|srflx|prflx|relay)$/.test(String(c.type)) &&
      /^[A-Za-z0-9+/]{1,32}$/.test(String(c.foundation)) &&
      Number.isInteger(Number(c.priority)),
  );
  return usable
    .slice(0, 32)
    .map((c) => `${c.foundation} 1 UDP ${c.priority} ${c.ip} ${c.port} typ ${c.type}`)
    .map((line, i) => (usable[i]?.type === 'host' ? line : `${line} raddr 0.0.0.0 rport 0`));
}
