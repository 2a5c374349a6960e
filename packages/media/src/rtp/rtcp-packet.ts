import { RtpParseError } from '../errors.js';
import { asBuffer } from './rtp-packet.js';

// RTCP, RFC 3550 §6.4. A datagram is a compound: packets one after the other, each
//
// | V (2) |P| count (5) |    type (8)    | length in 32-bit words - 1 (16) |
// |                    body, as the type says                              |
//
// SR body: SSRC, NTP time (64), RTP time, packets, octets, then `count` report blocks.  RR: SSRC, blocks.
// Block:   SSRC, lost fraction (8), lost total (24, signed), highest sequence, jitter, LSR, DLSR.

const typeSenderReport = 200;
const typeReceiverReport = 201;
const typeSourceDescription = 202;
const typeBye = 203;
const blockLength = 24;

export interface ReportBlock {
  ssrc: number;
  /** Lost since the last report, in 1/256. */
  fractionLost: number;
  packetsLost: number;
  highestSequence: number;
  /** In timestamp ticks. */
  jitterTicks: number;
  /** Middle 32 bits of the NTP time of the last SR; 0 when none came. */
  lastSenderReport: number;
  /** Since that SR, in 1/65536 s. */
  delaySinceLastSenderReport: number;
}

export interface SenderInfo {
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
}

export type RtcpPacket =
  | { type: 'sr'; ssrc: number; sender: SenderInfo; blocks: ReportBlock[] }
  | { type: 'rr'; ssrc: number; blocks: ReportBlock[] }
  | { type: 'sdes'; chunks: { ssrc: number; cname: string | undefined }[] }
  | { type: 'bye'; ssrcs: number[] }
  | { type: 'other'; packetType: number };

/** Reads a compound packet; feedback and application packets come back as `other`. Throws RtpParseError. */
export function parseRtcp(data: Uint8Array): RtcpPacket[] {
  const compound = asBuffer(data);
  const packets: RtcpPacket[] = [];
  for (let offset = 0; offset < compound.length; ) {
    if (offset + 4 > compound.length) throw RtpParseError.truncated('RTCP', compound.length);
    const first = compound.readUInt8(offset);
    if (first >> 6 !== 2) throw new RtpParseError(`RTCP version ${first >> 6} is not 2`);
    const end = offset + 4 * (compound.readUInt16BE(offset + 2) + 1);
    if (end > compound.length) throw RtpParseError.truncated('RTCP', compound.length);
    packets.push(parseOne(compound.readUInt8(offset + 1), first & 0x1f, compound.subarray(offset + 4, end)));
    offset = end;
  }
  return packets;
}

function parseOne(packetType: number, count: number, body: Buffer): RtcpPacket {
  switch (packetType) {
    case typeSenderReport:
      need(body, 24 + count * blockLength);
      return {
        type: 'sr',
        ssrc: body.readUInt32BE(0),
        sender: parseSender(body),
        blocks: parseBlocks(body, 24, count),
      };
    case typeReceiverReport:
      need(body, 4 + count * blockLength);
      return { type: 'rr', ssrc: body.readUInt32BE(0), blocks: parseBlocks(body, 4, count) };
    case typeSourceDescription:
      return { type: 'sdes', chunks: parseChunks(body, count) };
    case typeBye:
      need(body, 4 * count);
      return { type: 'bye', ssrcs: Array.from({ length: count }, (_, i) => body.readUInt32BE(4 * i)) };
    default:
      return { type: 'other', packetType };
  }
}

function need(body: Buffer, length: number): void {
  if (body.length < length) throw RtpParseError.truncated('RTCP', body.length);
}

function parseSender(body: Buffer): SenderInfo {
  return {
    ntpSeconds: body.readUInt32BE(4),
    ntpFraction: body.readUInt32BE(8),
    rtpTimestamp: body.readUInt32BE(12),
    packetCount: body.readUInt32BE(16),
    octetCount: body.readUInt32BE(20),
  };
}

function parseBlocks(body: Buffer, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * blockLength;
    return {
      ssrc: body.readUInt32BE(at),
      fractionLost: body.readUInt8(at + 4),
      packetsLost: body.readIntBE(at + 5, 3),
      highestSequence: body.readUInt32BE(at + 8),
      jitterTicks: body.readUInt32BE(at + 12),
      lastSenderReport: body.readUInt32BE(at + 16),
      delaySinceLastSenderReport: body.readUInt32BE(at + 20),
    };
  });
}

function parseChunks(body: Buffer, count: number): { ssrc: number; cname: string | undefined }[] {
  const chunks: { ssrc: number; cname: string | undefined }[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 4 > body.length) throw RtpParseError.truncated('SDES', body.length);
    const chunk = { ssrc: body.readUInt32BE(offset), cname: undefined as string | undefined };
    offset += 4;
    while (offset < body.length && body[offset] !== 0) {
      if (offset + 2 > body.length) throw RtpParseError.truncated('SDES', body.length);
      const length = body.readUInt8(offset + 1);
      if (offset + 2 + length > body.length) throw RtpParseError.truncated('SDES', body.length);
      if (body[offset] === 1) chunk.cname = body.toString('utf8', offset + 2, offset + 2 + length);
      offset += 2 + length;
    }
    offset += 4 - (offset % 4); // The list ends with at least one zero octet, padded to a whole word.
    chunks.push(chunk);
  }
  return chunks;
}

/** Writes one RTCP packet; a compound is several of them joined. `other` cannot be written. */
export function writeRtcp(packet: Exclude<RtcpPacket, { type: 'other' }>): Buffer {
  switch (packet.type) {
    case 'sr':
      return frame(
        typeSenderReport,
        packet.blocks.length,
        Buffer.concat([senderBody(packet), ...packet.blocks.map(block)]),
      );
    case 'rr':
      return frame(
        typeReceiverReport,
        packet.blocks.length,
        Buffer.concat([word(packet.ssrc), ...packet.blocks.map(block)]),
      );
    case 'sdes':
      return frame(typeSourceDescription, packet.chunks.length, Buffer.concat(packet.chunks.map(chunkBody)));
    case 'bye':
      return frame(typeBye, packet.ssrcs.length, Buffer.concat(packet.ssrcs.map(word)));
  }
}

function frame(packetType: number, count: number, body: Buffer): Buffer {
  const header = Buffer.allocUnsafe(4);
  header.writeUInt8(0x80 | (count & 0x1f), 0);
  header.writeUInt8(packetType, 1);
  header.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([header, body]);
}

function word(value: number): Buffer {
  const data = Buffer.allocUnsafe(4);
  data.writeUInt32BE(value >>> 0, 0);
  return data;
}

function senderBody({ ssrc, sender }: { ssrc: number; sender: SenderInfo }): Buffer {
  const { ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount } = sender;
  return Buffer.concat([ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount].map(word));
}

function block(b: ReportBlock): Buffer {
  const data = Buffer.allocUnsafe(blockLength);
  data.writeUInt32BE(b.ssrc >>> 0, 0);
  data.writeUInt8(b.fractionLost & 0xff, 4);
  data.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, b.packetsLost)), 5, 3);
  data.writeUInt32BE(b.highestSequence >>> 0, 8);
  data.writeUInt32BE(b.jitterTicks >>> 0, 12);
  data.writeUInt32BE(b.lastSenderReport >>> 0, 16);
  data.writeUInt32BE(b.delaySinceLastSenderReport >>> 0, 20);
  return data;
}

function chunkBody(chunk: { ssrc: number; cname: string | undefined }): Buffer {
  const name = Buffer.from(chunk.cname ?? '', 'utf8').subarray(0, 255);
  const unpadded = 4 + 2 + name.length;
  const data = Buffer.alloc(unpadded + 4 - (unpadded % 4));
  data.writeUInt32BE(chunk.ssrc >>> 0, 0);
  data.writeUInt8(1, 4);
  data.writeUInt8(name.length, 5);
  name.copy(data, 6);
  return data;
}
