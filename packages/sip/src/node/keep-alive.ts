/** Nothing but line breaks and NULs: what peers send to keep a NAT binding or a connection open. RFC 5626 §3.5.1. */
export function isKeepAlive(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 13 && byte !== 10 && byte !== 0) return false;
  return true;
}
