import { type Clock, hex, type Random } from '@intermix/kernel';
import type { SipRequest } from '../message/message.js';
import { SipParseError } from '../message/syntax-errors.js';
import { encodeUtf8 } from '../message/text.js';
import { parseUri, SipUri, type Uri } from '../message/uri.js';
import { formatDigest, parseAuthFields } from './auth-values.js';
import { constantTimeEqual, type DigestAlgorithm } from './digest-hashes.js';
import { digestHa1, digestResponse, readAlgorithm } from './digest-response.js';
import { NonceMint, NonceReplays } from './nonces.js';

/** What is known of a user: the password, or H(A1) in hex for each algorithm that is to work. */
export interface DigestAccount {
  password?: string;
  /** H(A1) by MD5. */
  ha1?: string;
  ha1Sha256?: string;
  ha1Sha512256?: string;
}

type Looked = DigestAccount | undefined;

export interface DigestServerOptions {
  realm: string;
  /**
   * Challenged in this order, each in a header field of its own; MD5 alone unless told otherwise. A second algorithm shuts
   * out clients in use: some read the first field only, JsSIP 3.13 and SIP.js 0.21 the last only, and give up when it is
   * not MD5; libre (baresip) refuses a second challenge of one realm. A list that begins with MD5 therefore ends with it.
   */
  algorithms?: readonly DigestAlgorithm[];
  /** Keys the nonces. The same in all processes that check each other's nonces. */
  secret: Uint8Array | string;
  clock: Clock;
  random: Random;
  lookup(username: string): Looked | Promise<Looked>;
  /** How long a nonce may be used; 300 s unless told otherwise. */
  nonceValidSec?: number;
  /** Nonces remembered against replay; 50,000 unless told otherwise. */
  maxNonces?: number;
}

export type DigestRefusal = 'missing' | 'stale' | 'wrong' | 'replayed' | 'unknown-user' | 'malformed';
export type DigestVerdict = { ok: true; username: string } | { ok: false; why: DigestRefusal; username?: string };

/** 401 challenges for a registrar or user agent, 407 for a proxy. RFC 3261 §22.2, §22.3. */
export type ChallengeKind = 401 | 407;

interface Credentials {
  username: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: DigestAlgorithm;
  qop: 'auth' | 'auth-int' | undefined;
  nc: string;
  cnonce: string;
}

/** The server's side of digest authentication: RFC 7616 and RFC 8760 in the frame of RFC 3261 §22. */
export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #mint: NonceMint;
  readonly #replays: NonceReplays;
  /** Stands in for an unknown user's password, so that he costs as much as a known one. */
  readonly #nobody: string;

  constructor(options: DigestServerOptions) {
    const { realm, clock, random } = options;
    const validMs = (options.nonceValidSec ?? 300) * 1000;
    const secret = typeof options.secret === 'string' ? encodeUtf8(options.secret) : options.secret;
    this.#options = options;
    this.#algorithms = options.algorithms ?? ['MD5'];
    this.#mint = new NonceMint({ secret, realm, clock, random, validMs });
    this.#replays = new NonceReplays({ max: options.maxNonces ?? 50_000, validMs });
    this.#nobody = hex(random.bytes(16));
  }

  /** The header fields of a 401 or 407. `stale` tells the client to try again without asking its user. */
  challenge(kind: ChallengeKind, options: { stale?: boolean } = {}): [name: string, value: string][] {
    const name = kind === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const nonce = this.#mint.issue();
    const [first] = this.#algorithms;
    const offered = first === 'MD5' && this.#algorithms.length > 1 ? [...this.#algorithms, first] : this.#algorithms;
    return offered.map((algorithm) => {
      const params: [string, string][] = [
        ['realm', this.#options.realm],
        ['nonce', nonce],
        ['algorithm', algorithm],
        ['qop', 'auth'],
      ];
      if (options.stale) params.push(['stale', 'true']);
      return [name, formatDigest(params, true)];
    });
  }

  /** The challenge that fits a refusal: stale ones for `stale` and `replayed`, plain ones for all else, alike. */
  challengeAfter(why: DigestRefusal, kind: ChallengeKind): [name: string, value: string][] {
    return this.challenge(kind, { stale: why === 'stale' || why === 'replayed' });
  }

  /**
   * Judges the credentials of a request. A promise only when `lookup` gives one; it rejects when `lookup` does.
   * Answer `unknown-user` just as `wrong`. ACK and CANCEL cannot be challenged and are not to be checked.
   */
  check(request: SipRequest, kind: ChallengeKind): DigestVerdict | Promise<DigestVerdict> {
    const credentials = this.#credentials(request, kind);
    if (typeof credentials === 'string') return { ok: false, why: credentials };
    const looked = this.#options.lookup(credentials.username);
    if (looked instanceof Promise) return looked.then((account) => this.#judge(request, credentials, account));
    return this.#judge(request, credentials, looked);
  }

  /** Credentials for our realm; those for other realms and of other schemes are not ours to read. */
  #credentials(request: SipRequest, kind: ChallengeKind): Credentials | 'missing' | 'malformed' {
    const fields = request.headers.all(kind === 401 ? 'Authorization' : 'Proxy-Authorization');
    if (fields.length === 0) return 'missing';
    const values = parseAuthFields(fields);
    if (values.length === 0) return 'malformed';
    const ours = values.find((value) => value.scheme === 'digest' && value.params.get('realm') === this.#options.realm);
    if (!ours) return 'missing';
    const credentials = readCredentials(ours.params);
    if (!credentials || !this.#algorithms.includes(credentials.algorithm)) return 'malformed';
    return isSameTarget(credentials.uri, request.uri) ? credentials : 'malformed';
  }

  #judge(request: SipRequest, credentials: Credentials, account: Looked): DigestVerdict {
    const { username, nonce, response } = credentials;
    const ha1 = this.#ha1(credentials, account);
    const input = { ...credentials, isSession: false, ha1, method: request.method, body: request.body };
    const isRight = constantTimeEqual(digestResponse(input), response);
    const issued = this.#mint.issuedAt(nonce);
    if (!account) return { ok: false, why: 'unknown-user', username };
    if (!isRight) return { ok: false, why: 'wrong', username };
    // Right, but for a nonce that is too old, or made by another process or before a restart.
    if (issued === undefined) return { ok: false, why: 'stale', username };
    const nc = credentials.qop === undefined ? undefined : Number.parseInt(credentials.nc, 16);
    const isNew = this.#replays.accept(nonce, issued, nc, response, this.#options.clock.now());
    return isNew ? { ok: true, username } : { ok: false, why: 'replayed', username };
  }

  /** Always computes one H(A1), so that the time tells neither an unknown user nor how a known one is stored. */
  #ha1({ algorithm, username }: Credentials, account: Looked): string {
    const password = account?.password ?? this.#nobody;
    const computed = digestHa1(algorithm, username, this.#options.realm, password);
    if (account?.password !== undefined) return computed;
    const kept = { MD5: account?.ha1, 'SHA-256': account?.ha1Sha256, 'SHA-512-256': account?.ha1Sha512256 }[algorithm];
    return kept?.toLowerCase() ?? computed;
  }
}

function readCredentials(params: ReadonlyMap<string, string | undefined>): Credentials | undefined {
  const username = params.get('username');
  const nonce = params.get('nonce');
  const uri = params.get('uri');
  const response = params.get('response')?.toLowerCase();
  if (username === undefined || !nonce || !uri || !response) return undefined;
  const read = readAlgorithm(params.get('algorithm'));
  if (!read || read.isSession) return undefined; // We offer no -sess.
  const qop = params.get('qop')?.toLowerCase();
  const nc = params.get('nc') ?? '';
  const cnonce = params.get('cnonce') ?? '';
  if (qop !== undefined && qop !== 'auth' && qop !== 'auth-int') return undefined;
  if (qop !== undefined && (!/^[0-9a-fA-F]{8}$/.test(nc) || cnonce === '')) return undefined;
  return { username, nonce, uri, response, algorithm: read.algorithm, qop, nc, cnonce };
}

/**
 * RFC 7616 §3.4.6 wants `uri` and Request-URI to name the same resource. Parameters are not compared: clients leave
 * them out, and proxies add some on the way.
 */
function isSameTarget(text: string, target: Uri): boolean {
  if (text === target.toString()) return true;
  try {
    const uri = parseUri(text);
    if (!(uri instanceof SipUri) || !(target instanceof SipUri)) return uri.equals(target);
    return uri.user === target.user && uri.host === target.host && portOf(uri) === portOf(target);
  } catch (error) {
    if (error instanceof SipParseError) return false;
    throw error;
  }
}

function portOf(uri: SipUri): number {
  return uri.port ?? (uri.scheme === 'sips' || uri.transport === 'tls' ? 5061 : 5060);
}
