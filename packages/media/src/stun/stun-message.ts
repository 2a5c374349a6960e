import { isIPv4, isIPv6 } from 'node:net';

// STUN message, RFC 8489 §5 and §14:
//   | 0 0 | type (14) | length (16) | magic cookie 2112A442 | transaction id (96) | attributes: type, length, value, padding |
const HEADER_OCTETS = 20;
const MAGIC = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** A question is 20 octets and perhaps a few attributes; what is longer is not for us. */
const LONGEST_OCTETS = 548;
/** USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH; ICE's two. */
const PASSED_OVER = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0024, 0x0025]);

export interface BindingRequest {
  /** 12 octets, a view of the packet. */
  transactionId: Buffer;
  /** Attributes that must be understood and are not (below 0x8000). RFC 8489 §6.3.1. */
  unknown: readonly number[];
}

/** Reads a Binding request; undefined for everything else, however broken. Never throws. */
export function parseBindingRequest(packet: Buffer): BindingRequest | undefined {
  if (packet.length < HEADER_OCTETS || packet.length > LONGEST_OCTETS || packet.length % 4 !== 0) return undefined;
  if (packet.readUInt16BE(0) !== BINDING_REQUEST || packet.readUInt32BE(4) !== MAGIC) return undefined;
  if (packet.readUInt16BE(2) !== packet.length - HEADER_OCTETS) return undefined;
  const unknown: number[] = [];
  for (let at = HEADER_OCTETS; at < packet.length; ) {
    const type = packet.readUInt16BE(at);
    const next = at + 4 + padded(packet.readUInt16BE(at + 2));
    if (next > packet.length) return undefined;
    if (type < 0x8000 && !PASSED_OVER.has(type)) unknown.push(type);
    at = next;
  }
  return { transactionId: packet.subarray(8, HEADER_OCTETS), unknown };
}

/** The answer to a Binding request from `address`; undefined when that is no IP address. Repeats nothing of the request. */
export function writeBindingResponse(request: BindingRequest, address: string, port: number): Buffer | undefined {
  if (request.unknown.length > 0) return writeMessage(BINDING_ERROR, request.transactionId, unknownAttributes(request));
  const octets = octetsOf(address);
  if (!octets) return undefined;
  const value = Buffer.alloc(4 + octets.length);
  value.writeUInt8(octets.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(port ^ (MAGIC >>> 16), 2);
  const mask = Buffer.concat([magicOctets(), request.transactionId]);
  for (const [index, octet] of octets.entries()) value[4 + index] = octet ^ (mask[index] ?? 0);
  return writeMessage(BINDING_SUCCESS, request.transactionId, attribute(XOR_MAPPED_ADDRESS, value));
}

/** 420 and the first two of them: an answer shorter than most questions that earn it. */
function unknownAttributes({ unknown }: BindingRequest): Buffer {
  const types = Buffer.alloc(unknown.length > 1 ? 4 : 2);
  for (const [index, type] of unknown.slice(0, 2).entries()) types.writeUInt16BE(type, index * 2);
  return Buffer.concat([attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20])), attribute(UNKNOWN_ATTRIBUTES, types)]);
}

function writeMessage(type: number, transactionId: Buffer, attributes: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(attributes.length, 2);
  header.writeUInt32BE(MAGIC, 4);
  return Buffer.concat([header, transactionId, attributes]);
}

function attribute(type: number, value: Buffer): Buffer {
  const written = Buffer.alloc(4 + padded(value.length));
  written.writeUInt16BE(type, 0);
  written.writeUInt16BE(value.length, 2);
  value.copy(written, 4);
  return written;
}

function magicOctets(): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(MAGIC);
  return octets;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function octetsOf(address: string): number[] | undefined {
  const bare = address.split('%')[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (isIPv4(mapped ?? bare)) return (mapped ?? bare).split('.').map(Number);
  return isIPv6(bare) ? ipv6Octets(bare) : undefined;
}

function ipv6Octets(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}
