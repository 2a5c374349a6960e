import { type DigestAlgorithm, digestAlgorithms, hashHex } from './digest-hashes.js';

export interface DigestInput {
  algorithm: DigestAlgorithm;
  /** A1 is bound to the nonce pair, RFC 7616 §3.4.2. */
  isSession: boolean;
  /** H(username:realm:password) in hex. */
  ha1: string;
  nonce: string;
  method: string;
  /** The `uri` parameter, octet for octet. */
  uri: string;
  /** Undefined: the old form of RFC 2069. */
  qop: 'auth' | 'auth-int' | undefined;
  /** As written: eight hex digits. */
  nc: string;
  cnonce: string;
  body: Uint8Array;
}

/** The `response` parameter, RFC 7616 §3.4.1. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, qop, nc, cnonce } = input;
  const ha1 = input.isSession ? hashHex(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1;
  const a2 = `${input.method}:${input.uri}`;
  const ha2 = hashHex(algorithm, qop === 'auth-int' ? `${a2}:${hashHex(algorithm, input.body)}` : a2);
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return hashHex(algorithm, `${ha1}:${middle}:${ha2}`);
}

/** H(A1) of a password; what may be stored in the password's stead. */
export function digestHa1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hashHex(algorithm, `${username}:${realm}:${password}`);
}

/** Reads an `algorithm` parameter; absent means MD5. Undefined: not understood. */
export function readAlgorithm(text = 'MD5'): { algorithm: DigestAlgorithm; isSession: boolean } | undefined {
  const upper = text.toUpperCase();
  const isSession = upper.endsWith('-SESS');
  const name = isSession ? upper.slice(0, -5) : upper;
  const algorithm = digestAlgorithms.find((known) => known === name);
  return algorithm && { algorithm, isSession };
}
