import type { MediaDirection } from '../types.js';
import { codecFacts } from './codecs.js';
import type { DtlsRole, LocalTransport, RemoteFormat, RemoteSection, RemoteTelephoneEvent } from './descriptions.js';
import { sends } from './direction.js';

/** Everything that our description says, apart from its o= line. */
export interface LocalContent {
  transport: LocalTransport;
  /** All m= sections by place; the one at `audioIndex` is ours, the others are refused with port 0. */
  sections: RemoteSection[];
  audioIndex: number;
  hasBundle: boolean;
  formats: RemoteFormat[];
  telephoneEvents: RemoteTelephoneEvent[];
  direction: MediaDirection;
  setup: DtlsRole | 'actpass';
}

/**
 * Our SDP text, all but the version in its o= line: what `withVersion` takes. No extmap and no ssrc, ever: we send neither
 * the extensions nor a fixed SSRC across engines.
 */
export function writeLocal(content: LocalContent): string {
  const { transport, audioIndex } = content;
  const { address } = transport;
  const mid = content.sections[audioIndex]?.mid;
  const isWebrtc = transport.kind === 'webrtc';
  const lines = [` IN ${familyOf(address)} ${address}`, 's=-', `c=IN ${familyOf(address)} ${address}`, 't=0 0'];
  if (isWebrtc) lines.push('a=ice-lite');
  if (isWebrtc && content.hasBundle && mid !== undefined) lines.push(`a=group:BUNDLE ${mid}`);
  for (const [index, section] of content.sections.entries()) {
    lines.push(...(index === audioIndex ? audioSection(content, section) : refusal(section)));
  }
  lines.push('');
  return lines.join('\r\n');
}

/** The whole text: RFC 8866 §5.2 wants the version in the second line. */
export function withVersion(body: string, sessionId: string, sessionVersion: number): string {
  return `v=0\r\no=- ${sessionId} ${sessionVersion}${body}`;
}

/** Of an address that is known to be one. */
function familyOf(address: string): string {
  return address.includes(':') ? 'IP6' : 'IP4';
}

function refusal({ type, protocol, formats, mid }: RemoteSection): string[] {
  return [`m=${type} 0 ${protocol} ${formats}`, ...midLine(mid)];
}

function audioSection(content: LocalContent, section: RemoteSection): string[] {
  const { transport, formats, telephoneEvents, direction } = content;
  const payloadTypes = [...formats, ...telephoneEvents].map((format) => format.payloadType).join(' ');
  return [
    `m=audio ${transport.port} ${section.protocol} ${payloadTypes}`,
    ...formats.map(codecMap),
    ...telephoneEvents.map((event) => `a=rtpmap:${event.payloadType} telephone-event/${event.clockRateHz}`),
    ...formats.flatMap(codecFmtp),
    ...telephoneEvents.map((event) => `a=fmtp:${event.payloadType} 0-15`),
    'a=ptime:20',
    `a=${direction}`,
    ...midLine(section.mid),
    ...(transport.kind === 'webrtc' ? webrtcLines(transport, content) : [rtcpLine(transport)]),
  ];
}

const midLine = (mid: string | undefined): string[] => (mid === undefined ? [] : [`a=mid:${mid}`]);

/** RFC 3605. */
function rtcpLine({ address, port }: LocalTransport): string {
  return `a=rtcp:${port + 1} IN ${familyOf(address)} ${address}`;
}

function webrtcLines(transport: Extract<LocalTransport, { kind: 'webrtc' }>, content: LocalContent): string[] {
  return [
    // Without an msid the page's `track` event comes without a stream.
    ...(sends(content.direction) ? ['a=msid:intermix audio'] : []),
    `a=ice-ufrag:${transport.iceUfrag}`,
    `a=ice-pwd:${transport.icePwd}`,
    `a=fingerprint:${transport.fingerprint}`,
    `a=setup:${content.setup}`,
    'a=rtcp-mux',
    `a=candidate:1 1 UDP 2130706431 ${transport.address} ${transport.port} typ host`,
    'a=end-of-candidates',
  ];
}

function codecMap({ payloadType, codec }: RemoteFormat): string {
  const { name, clockRateHz, channels } = codecFacts[codec];
  return `a=rtpmap:${payloadType} ${name}/${clockRateHz}${channels > 1 ? `/${channels}` : ''}`;
}

function codecFmtp({ payloadType, codec }: RemoteFormat): string[] {
  const { fmtp } = codecFacts[codec];
  return fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`];
}
