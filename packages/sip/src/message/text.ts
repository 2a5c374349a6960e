/** The methods of Node's Buffer that are used when they are there; a browser has none of them. */
interface FastBytes {
  latin1Slice?(start: number, end: number): string;
}

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: the class is "not ASCII".
const notAscii = /[^\x00-\x7f]/;

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** One character for each octet. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const fast = bytes as FastBytes;
  if (typeof fast.latin1Slice === 'function') return fast.latin1Slice(start, end);
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
