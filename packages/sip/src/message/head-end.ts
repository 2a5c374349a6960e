/** Position of the CRLFCRLF that ends a head, between `start` and `end`; -1 when it is not there. */
export function findHeadEnd(bytes: Uint8Array, start: number, end = bytes.length): number {
  for (let at = bytes.indexOf(13, start); at >= 0 && at + 3 < end; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}
