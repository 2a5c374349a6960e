import { hex, type Random } from '@intermix/kernel';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.js';
import type { DigestCredentials } from '../ua/types.js';
import { type AuthValue, formatDigest, parseAuthFields } from './auth-values.js';
import { type DigestAlgorithm, digestAlgorithms } from './digest-hashes.js';
import { digestHa1, digestResponse, readAlgorithm } from './digest-response.js';

type Kind = 401 | 407;

/** A challenge that we can answer. */
interface Challenge {
  kind: Kind;
  realm: string;
  nonce: string;
  opaque: string | undefined;
  /** As the server spelled it; undefined when it did not name one. */
  algorithmText: string | undefined;
  algorithm: DigestAlgorithm;
  isSession: boolean;
  qop: 'auth' | 'auth-int' | undefined;
  stale: boolean;
}

interface Protection {
  challenge: Challenge;
  /** How often the nonce has been used: the next `nc` is one more. */
  uses: number;
  /** Fresh nonces in a row that were called stale. */
  staleRow: number;
}

/** The nonces of one peer, one for each realm. Kept as long as the registration or the dialog. */
export class DigestState {
  /** @internal */
  readonly protections = new Map<string, Protection>();
}

export interface DigestClientOptions {
  random: Random;
  /** Algorithms that may be used; the strongest that the server offers is taken. All unless told otherwise. */
  algorithms?: readonly DigestAlgorithm[];
}

const MAX_STALE_ROW = 3;
const MAX_REALMS = 8;

/** The client's side of digest authentication, RFC 7616, RFC 8760 and RFC 3261 §22. */
export class DigestClient {
  readonly #random: Random;
  readonly #algorithms: readonly DigestAlgorithm[];

  constructor(options: DigestClientOptions) {
    this.#random = options.random;
    this.#algorithms = options.algorithms ?? digestAlgorithms;
  }

  /**
   * All the Authorization and Proxy-Authorization fields for the next attempt, to be put in the place of those of
   * `request`, the one that was challenged. Undefined when nothing is to be gained by another attempt: the response
   * holds no challenge that we understand, or says that the credentials are wrong.
   */
  answer(
    response: SipResponse,
    request: SipRequest,
    credentials: DigestCredentials,
    state: DigestState,
  ): [name: string, value: string][] | undefined {
    const challenges = this.#choose(response);
    if (challenges.length === 0) return undefined;
    const carried = carriedNonces(request);
    for (const challenge of challenges) {
      if (!takeChallenge(challenge, carried.get(keyOf(challenge)), state)) return undefined;
    }
    const challenged = new Set(challenges.map(keyOf));
    const wanted = [...state.protections.keys()].filter((key) => challenged.has(key) || carried.has(key));
    return wanted.map((key) => this.#write(state.protections.get(key)!, request, credentials));
  }

  /** The fields for a new request from the nonces that are known already; empty when none is. RFC 7616 §3.6. */
  authorize(request: SipRequest, credentials: DigestCredentials, state: DigestState): [name: string, value: string][] {
    return Array.from(state.protections.values(), (protection) => this.#write(protection, request, credentials));
  }

  /** The strongest understood challenge of each realm, of WWW-Authenticate and Proxy-Authenticate together. */
  #choose(response: SipResponse): Challenge[] {
    const best = new Map<string, Challenge>();
    for (const challenge of challengesOf(response)) {
      if (!this.#algorithms.includes(challenge.algorithm)) continue;
      const other = best.get(keyOf(challenge));
      if (!other || strength(challenge) > strength(other)) best.set(keyOf(challenge), challenge);
    }
    return [...best.values()].slice(0, MAX_REALMS);
  }

  #write(protection: Protection, request: SipRequest, { username, password }: DigestCredentials): [string, string] {
    const { challenge } = protection;
    const { algorithm, isSession, qop, nonce, realm } = challenge;
    protection.uses++;
    const nc = protection.uses.toString(16).padStart(8, '0');
    const cnonce = hex(this.#random.bytes(8));
    const uri = request.uri.toString();
    const ha1 = digestHa1(algorithm, username, realm, password);
    const { method, body } = request;
    const response = digestResponse({ algorithm, isSession, ha1, nonce, method, uri, qop, nc, cnonce, body });
    const params: [string, string][] = [
      ['username', username],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', uri],
      ['response', response],
    ];
    if (challenge.algorithmText !== undefined) params.push(['algorithm', challenge.algorithmText]);
    if (qop !== undefined) params.push(['qop', qop], ['nc', nc]);
    if (qop !== undefined || isSession) params.push(['cnonce', cnonce]);
    if (challenge.opaque !== undefined) params.push(['opaque', challenge.opaque]);
    return [challenge.kind === 401 ? 'Authorization' : 'Proxy-Authorization', formatDigest(params, false)];
  }
}

function keyOf(challenge: { kind: Kind; realm: string }): string {
  return `${challenge.kind} ${challenge.realm}`;
}

function strength(challenge: Challenge): number {
  return digestAlgorithms.indexOf(challenge.algorithm);
}

/**
 * Keeps the challenge. False when it says that the credentials were wrong: the same nonce again without `stale`, or a
 * new one although a fresh one had just been answered. A reused nonce may run out without the server calling it stale.
 */
function takeChallenge(challenge: Challenge, carried: string | undefined, state: DigestState): boolean {
  const key = keyOf(challenge);
  const known = state.protections.get(key);
  // A nonce that is no longer the known one was used beside another request, and says nothing about the password.
  const wasFresh = known === undefined || (known.challenge.nonce === carried && known.uses <= 1);
  if (carried !== undefined && !challenge.stale && (carried === challenge.nonce || wasFresh)) return false;
  const staleRow = carried !== undefined && challenge.stale && wasFresh ? (known?.staleRow ?? 0) + 1 : 0;
  if (staleRow >= MAX_STALE_ROW) return false;
  const uses = known?.challenge.nonce === challenge.nonce ? known.uses : 0;
  state.protections.delete(key);
  if (state.protections.size < MAX_REALMS) state.protections.set(key, { challenge, uses, staleRow });
  return true;
}

function* challengesOf(response: SipMessage): Generator<Challenge> {
  for (const value of parseAuthFields(response.headers.all('WWW-Authenticate'))) {
    const challenge = readChallenge(value, 401);
    if (challenge) yield challenge;
  }
  for (const value of parseAuthFields(response.headers.all('Proxy-Authenticate'))) {
    const challenge = readChallenge(value, 407);
    if (challenge) yield challenge;
  }
}

function readChallenge({ scheme, params }: AuthValue, kind: Kind): Challenge | undefined {
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  const algorithmText = params.get('algorithm');
  const read = readAlgorithm(algorithmText);
  const qop = readQop(params.get('qop'));
  if (scheme !== 'digest' || realm === undefined || nonce === undefined || !read || qop === 'unknown') return undefined;
  const stale = params.get('stale')?.toLowerCase() === 'true';
  return { kind, realm, nonce, opaque: params.get('opaque'), algorithmText, ...read, qop, stale };
}

/** `auth` before `auth-int`, which breaks when anything on the way touches the body. */
function readQop(text: string | undefined): Challenge['qop'] | 'unknown' {
  if (text === undefined || text.trim() === '') return undefined;
  const offered = text.split(',').map((word) => word.trim().toLowerCase());
  if (offered.includes('auth')) return 'auth';
  return offered.includes('auth-int') ? 'auth-int' : 'unknown';
}

/** The nonce that the request answered, by kind and realm. */
function carriedNonces(request: SipRequest): Map<string, string> {
  const nonces = new Map<string, string>();
  for (const [kind, name] of [
    [401, 'Authorization'],
    [407, 'Proxy-Authorization'],
  ] as const) {
    for (const { params } of parseAuthFields(request.headers.all(name))) {
      const realm = params.get('realm');
      if (realm !== undefined) nonces.set(keyOf({ kind, realm }), params.get('nonce') ?? '');
    }
  }
  return nonces;
}
