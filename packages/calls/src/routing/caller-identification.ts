import type { Clock, Random } from '@intermix/kernel';
import { DigestServer, type Flow, type SipRequest, SipUri } from '@intermix/sip';
import { accountSidOf } from '../auth/domains.js';
import type { UserAuthenticator } from '../auth/user-authenticator.js';
import type { CarrierGuesses } from '../carriers/carrier-guesses.js';
import type { CarrierSources } from '../carriers/carrier-sources.js';
import type { UnknownSources } from '../carriers/unknown-sources.js';
import type { Carrier, UserDirectory } from '../ports/directory.js';
import type { Binding, LocationStore } from '../registrar/location-store.js';
import type { Caller, Challenge } from './caller.js';

export interface CallerIdentificationDeps {
  authenticator: UserAuthenticator;
  users: UserDirectory;
  location: LocationStore;
  sources: CarrierSources;
  strangers: UnknownSources;
  guesses: CarrierGuesses;
  domains: readonly string[];
  clock: Clock;
  random: Random;
}

/**
 * Finds out who sent a request: a user by registration or digest, a carrier by source or digest, or a stranger.
 * `screen` is the cheap part, run before anything else; `identify` is the whole.
 */
export class CallerIdentification {
  readonly #deps: CallerIdentificationDeps;
  readonly #carrierRealm: DigestServer;

  constructor(deps: CallerIdentificationDeps) {
    this.#deps = deps;
    const { clock, random, sources } = deps;
    this.#carrierRealm = new DigestServer({
      realm: deps.domains[0] ?? 'intermix',
      secret: random.bytes(32),
      algorithms: ['MD5', 'SHA-256'],
      clock,
      random,
      lookup: (username) => {
        const password = sources.passwordOf(username);
        return password === undefined ? undefined : { password };
      },
    });
  }

  /**
   * For `EndpointFace.screen`: strangers get one 403, and then silence. What belongs to a dialog or a transaction is let
   * through, since a peer may speak from another address than the one it began with (RFC 3261 §12.2), and so is what
   * can be proved: datagrams with a forged source must not shut out the true owner of the address.
   */
  screen(request: SipRequest, flow: Flow): number | 'drop' | undefined {
    if (isWebSocket(flow) || request.method === 'ACK' || request.method === 'CANCEL') return undefined;
    if (request.headers.get('to')?.includes('tag=')) return undefined;
    const { sources, strangers, guesses } = this.#deps;
    if (sources.byAddress(flow).length > 0) return undefined;
    const { host } = flow.remote;
    if (this.#speaksOfUs(request) || request.method === 'OPTIONS') return undefined;
    if (request.method === 'INVITE' && sources.byCredentials(flow).length > 0) {
      if (guesses.isExhausted(host)) return this.#guessed(host);
      if (this.#hasCredentials(request) || strangers.mayChallenge(host)) return undefined;
    }
    return strangers.refuse(host) ? 403 : 'drop';
  }

  /** Rejects only when a directory does. */
  async identify(request: SipRequest, flow: Flow): Promise<Caller | Challenge> {
    const registered = this.#registeredSender(request, flow);
    if (registered) return this.#userOf(registered);
    if (!isWebSocket(flow)) {
      const carriers = this.#deps.sources.byAddress(flow);
      if (carriers.length > 0 && !(await this.#namesUser(request))) return { kind: 'carrier', carriers };
    }
    if (isWebSocket(flow) || this.#speaksOfUs(request)) return this.#challengeUser(request, flow);
    const candidates = this.#deps.sources.byCredentials(flow);
    if (candidates.length > 0) return this.#challengeCarrier(request, flow, candidates);
    this.#deps.strangers.refuse(flow.remote.host);
    return { kind: 'refused', status: 403 };
  }

  /** Over a connection on which the user has proved itself by REGISTER, it need not do so again. Datagrams prove nothing. */
  #registeredSender(request: SipRequest, flow: Flow): Binding | undefined {
    const { uri } = request.from;
    if (!flow.reliable || !(uri instanceof SipUri)) return undefined;
    const accountSid = accountSidOf(uri.host, this.#deps.domains);
    return this.#deps.location
      .bindingsOnFlow(flow.id)
      .find((b) => b.accountSid === accountSid && b.sipUsername === uri.user);
  }

  async #userOf(binding: Binding): Promise<Caller | Challenge> {
    const account = await this.#deps.users.findSipAccount(binding.accountSid, binding.sipUsername);
    if (!account) return { kind: 'refused', status: 403 };
    return { kind: 'user', user: account.user, domain: binding.domain, binding };
  }

  async #challengeUser(request: SipRequest, flow: Flow): Promise<Caller | Challenge> {
    const { uri } = request.from;
    if (!(uri instanceof SipUri)) return { kind: 'refused', status: 403 };
    const result = await this.#deps.authenticator.check(request, flow, uri, 407);
    if (result.ok) return { kind: 'user', user: result.user, domain: result.domain, binding: undefined };
    const { status, reason, headers } = result;
    return { kind: 'refused', status, headers, ...(reason ? { reason } : {}) };
  }

  async #challengeCarrier(
    request: SipRequest,
    flow: Flow,
    candidates: readonly Carrier[],
  ): Promise<Caller | Challenge> {
    const verdict = await this.#carrierRealm.check(request, 407);
    const { guesses } = this.#deps;
    const { host } = flow.remote;
    const named = candidates.filter((carrier) => carrier.inboundAuthUsername === verdict.username);
    if (verdict.ok && named.length > 0) {
      guesses.succeeded(host);
      return { kind: 'carrier', carriers: named };
    }
    const why = verdict.ok ? 'wrong' : verdict.why;
    // Whoever answers a challenge in whatever wrong way guesses; an old nonce is no guess.
    const isGuess = this.#hasCredentials(request) && why !== 'stale' && why !== 'replayed';
    if (isGuess) guesses.failed(host, named[0]?.id);
    return { kind: 'refused', status: 407, headers: this.#carrierRealm.challengeAfter(why, 407) };
  }

  /** A source that has guessed too often is told so each time: a carrier with a mistyped password must not wait for us. */
  #guessed(host: string): number {
    this.#deps.guesses.failed(host);
    return 403;
  }

  /** True when From names a user that exists: a telephone may stand at a carrier's address, and has to prove itself. */
  async #namesUser(request: SipRequest): Promise<boolean> {
    if (!this.#speaksOfUs(request)) return false;
    const { uri } = request.from;
    if (!(uri instanceof SipUri) || uri.user === undefined) return false;
    const accountSid = accountSidOf(uri.host, this.#deps.domains);
    if (accountSid === undefined) return false;
    return (await this.#deps.users.findSipAccount(accountSid, uri.user)) !== undefined;
  }

  /** True when From names one of our accounts: then the sender says to be a user, and has to prove it. */
  #speaksOfUs(request: SipRequest): boolean {
    try {
      const { uri } = request.method === 'REGISTER' ? request.to : request.from;
      return uri instanceof SipUri && accountSidOf(uri.host, this.#deps.domains) !== undefined;
    } catch {
      return false;
    }
  }

  #hasCredentials(request: SipRequest): boolean {
    return request.headers.has('proxy-authorization') || request.headers.has('authorization');
  }
}

function isWebSocket(flow: Flow): boolean {
  return flow.protocol === 'WS' || flow.protocol === 'WSS';
}
