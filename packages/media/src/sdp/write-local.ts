import { isIP } from 'node:net';
import { type MediaDescription, type SessionDescription, write } from 'sdp-transform';
import type { MediaDirection } from '../types.js';
import { type CodecFacts, codecFacts } from './codecs.js';
import type { DtlsRole, LocalTransport, RemoteFormat, RemoteSection, RemoteTelephoneEvent } from './descriptions.js';
import { sends } from './direction.js';

type Section = SessionDescription['media'][number];

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

/** Our SDP text. No extmap and no ssrc, ever: we send neither the extensions nor a fixed SSRC across engines. */
export function writeLocal(content: LocalContent, sessionId: string, sessionVersion: number): string {
  const { transport, audioIndex } = content;
  const ipVer = isIP(transport.address) === 6 ? 6 : 4;
  const mid = content.sections[audioIndex]?.mid;
  const isWebrtc = transport.kind === 'webrtc';
  return write({
    version: 0,
    origin: { username: '-', sessionId, sessionVersion, netType: 'IN', ipVer, address: transport.address },
    name: '-',
    connection: { version: ipVer, ip: transport.address },
    timing: { start: 0, stop: 0 },
    ...(isWebrtc && { icelite: 'ice-lite' as const }),
    ...(isWebrtc && content.hasBundle && mid !== undefined && { groups: [{ type: 'BUNDLE', mids: mid }] }),
    media: content.sections.map((section, i) => (i === audioIndex ? audioSection(content, section) : refusal(section))),
  });
}

function refusal(section: RemoteSection): Section {
  const { type, protocol, formats, mid } = section;
  return { type, port: 0, protocol, payloads: formats, rtp: [], fmtp: [], ...(mid !== undefined && { mid }) };
}

function audioSection(content: LocalContent, section: RemoteSection): Section {
  const { transport, formats, telephoneEvents } = content;
  return {
    type: 'audio',
    port: transport.port,
    protocol: section.protocol,
    payloads: [...formats, ...telephoneEvents].map((format) => format.payloadType).join(' '),
    rtp: [...formats.map(codecMap), ...telephoneEvents.map(eventMap)],
    fmtp: [...formats.flatMap(codecFmtp), ...telephoneEvents.map(eventFmtp)],
    ptime: 20,
    direction: content.direction,
    ...(section.mid !== undefined && { mid: section.mid }),
    ...(transport.kind === 'webrtc' ? webrtcAttributes(transport, content) : { rtcp: rtcpAttribute(transport) }),
  };
}

function rtcpAttribute(transport: LocalTransport) {
  const ipVer = isIP(transport.address) === 6 ? 6 : 4;
  return { port: transport.port + 1, netType: 'IN', ipVer, address: transport.address };
}

function webrtcAttributes(
  transport: Extract<LocalTransport, { kind: 'webrtc' }>,
  content: LocalContent,
): Partial<MediaDescription> {
  const [type = 'sha-256', hash = ''] = transport.fingerprint.split(' ');
  const candidate = { component: 1, transport: 'UDP', priority: 2_130_706_431, type: 'host' };
  return {
    // Without an msid the page's `track` event comes without a stream.
    ...(sends(content.direction) && { msid: [{ id: 'intermix', appdata: 'audio' }] }),
    iceUfrag: transport.iceUfrag,
    icePwd: transport.icePwd,
    fingerprint: { type, hash },
    setup: content.setup,
    rtcpMux: 'rtcp-mux',
    candidates: [{ foundation: '1', ...candidate, ip: transport.address, port: transport.port }],
    endOfCandidates: 'end-of-candidates',
  };
}

function factsOf(format: RemoteFormat): CodecFacts {
  return codecFacts[format.codec];
}

function codecMap(format: RemoteFormat) {
  const { name, clockRateHz, channels } = factsOf(format);
  return { payload: format.payloadType, codec: name, rate: clockRateHz, ...(channels > 1 && { encoding: channels }) };
}

function codecFmtp(format: RemoteFormat) {
  const { fmtp } = factsOf(format);
  return fmtp === undefined ? [] : [{ payload: format.payloadType, config: fmtp }];
}

const eventMap = (event: RemoteTelephoneEvent) => ({
  payload: event.payloadType,
  codec: 'telephone-event',
  rate: event.clockRateHz,
});

const eventFmtp = (event: RemoteTelephoneEvent) => ({ payload: event.payloadType, config: '0-15' });
