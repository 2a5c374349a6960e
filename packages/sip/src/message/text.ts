/** What is used of Node's Buffer where there is one: a browser has none. */
interface NodeBuffers {
  from(buffer: ArrayBufferLike, offset: number, length: number): { latin1Slice(): string };
}

const nodeBuffers = (globalThis as { Buffer?: unknown }).Buffer as NodeBuffers | undefined;
const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: the class is "not ASCII".
const notAscii = /[^\x00-\x7f]/;

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** One character for each octet. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (nodeBuffers) return nodeBuffers.from(bytes.buffer, bytes.byteOffset + start, end - start).latin1Slice();
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
