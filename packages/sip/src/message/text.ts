/** What is used of Node's Buffer where there is one: a browser has none, or one of another make. */
interface NodeBuffers {
  prototype: { latin1Slice(this: Uint8Array, start: number, end: number): string; utf8Write?: unknown };
  from(text: string): Uint8Array;
  byteLength(text: string): number;
  allocUnsafe(length: number): Uint8Array & { utf8Write(text: string, offset: number, length: number): number };
}

const someBuffers = (globalThis as { Buffer?: unknown }).Buffer as NodeBuffers | undefined;
const nodeBuffers = typeof someBuffers?.prototype.utf8Write === 'function' ? someBuffers : undefined;
const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: the class is "not ASCII".
const notAscii = /[^\x00-\x7f]/;

/** Node takes small buffers out of a pool; an encoder makes one of its own each time, which costs several times as much. */
export function encodeUtf8(text: string): Uint8Array {
  return nodeBuffers ? nodeBuffers.from(text) : encoder.encode(text);
}

/** UTF-8 of the text with octets behind it, in one buffer. */
export function joinUtf8(text: string, tail: Uint8Array): Uint8Array {
  if (tail.length === 0) return encodeUtf8(text);
  if (nodeBuffers) {
    const length = nodeBuffers.byteLength(text);
    const joined = nodeBuffers.allocUnsafe(length + tail.length);
    joined.utf8Write(text, 0, length);
    joined.set(tail, length);
    return joined;
  }
  const head = encoder.encode(text);
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

/** One character for each octet. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (nodeBuffers) return nodeBuffers.prototype.latin1Slice.call(bytes, start, end);
  let text = '';
  for (let at = start; at < end; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)));
  }
  return text;
}

/** UTF-8, or Latin-1 when the octets are not UTF-8: older phones write names so, and no octet may stop a message. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const text = latin1(bytes, start, end);
  if (!notAscii.test(text)) return text;
  try {
    return strictUtf8.decode(bytes.subarray(start, end));
  } catch {
    return text;
  }
}
