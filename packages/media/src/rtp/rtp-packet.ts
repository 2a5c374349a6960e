import { RtpParseError } from '../errors.js';

// RTP, RFC 3550 §5.1:
//
//  0                   1                   2                   3
// | V (2) |P|X| CC (4) |M|   PT (7)  |      sequence number (16)       |
// |                           timestamp (32)                           |
// |                              SSRC (32)                             |
// |            CSRC, CC times; header extension when X                 |
// |                payload; padding at the end when P                  |

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  /** A view into the parsed packet, without padding. */
  payload: Buffer;
}

const headerLength = 12;

/** Reads a packet; CSRC list and header extension are skipped. Throws RtpParseError. */
export function parseRtp(data: Uint8Array): RtpPacket {
  const packet = asBuffer(data);
  if (packet.length < headerLength) throw RtpParseError.truncated('RTP', packet.length);
  const first = packet.readUInt8(0);
  const second = packet.readUInt8(1);
  if (first >> 6 !== 2) throw new RtpParseError(`RTP version ${first >> 6} is not 2`);
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequenceNumber: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(payloadStart(packet, first), payloadEnd(packet, first)),
  };
}

function payloadStart(packet: Buffer, first: number): number {
  const extension = headerLength + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) {
    if (extension > packet.length) throw RtpParseError.truncated('RTP', packet.length);
    return extension;
  }
  if (extension + 4 > packet.length) throw RtpParseError.truncated('RTP', packet.length);
  const start = extension + 4 + 4 * packet.readUInt16BE(extension + 2);
  if (start > packet.length) throw RtpParseError.truncated('RTP', packet.length);
  return start;
}

function payloadEnd(packet: Buffer, first: number): number {
  if ((first & 0x20) === 0) return packet.length;
  const padding = packet.readUInt8(packet.length - 1);
  const end = packet.length - padding;
  if (padding === 0 || end < payloadStart(packet, first))
    throw new RtpParseError('RTP padding is longer than the payload');
  return end;
}

/** Writes a packet without CSRC, extension or padding. */
export function writeRtp(packet: RtpPacket): Buffer {
  const data = Buffer.allocUnsafe(headerLength + packet.payload.length);
  writeHeader(data, 0, packet);
  packet.payload.copy(data, headerLength);
  return data;
}

/**
 * The same, written over the packet `data` that it was parsed from: the payload stays where it is. For what is passed on,
 * packet by packet, and not needed any more as it was.
 */
export function rewriteRtp(data: Buffer, packet: RtpPacket): Buffer {
  const { payload } = packet;
  const start = payload.byteOffset - data.byteOffset - headerLength; // Not below 0: a payload follows a header.
  const end = start + headerLength + payload.length;
  writeHeader(data, start, packet);
  return start === 0 && end === data.length ? data : data.subarray(start, end);
}

function writeHeader(data: Buffer, start: number, packet: RtpPacket): void {
  data.writeUInt8(0x80, start);
  data.writeUInt8((packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f), start + 1);
  data.writeUInt16BE(packet.sequenceNumber & 0xffff, start + 2);
  data.writeUInt32BE(packet.timestamp >>> 0, start + 4);
  data.writeUInt32BE(packet.ssrc >>> 0, start + 8);
}

/** Tells RTCP from RTP on one port: packet types 192 to 223. RFC 5761 §4. */
export function isRtcp(data: Uint8Array): boolean {
  const second = data[1];
  return second !== undefined && second >= 192 && second <= 223;
}

/** A Buffer over the same octets. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
