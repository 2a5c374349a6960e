import type { Clock, Random } from '@intermix/kernel';
import { GuessLimit } from '../../auth/guess-limit.js';
import { ApiError } from '../../http/api-error.js';
import type { AppStore, CustomerStore, IntegrationToken, TokenStore } from '../ports.js';
import { RequestRate } from './request-rate.js';

export interface TokenIssuerDeps {
  tokens: TokenStore;
  customers: Pick<CustomerStore, 'authenticate'>;
  apps: Pick<AppStore, 'authenticate'>;
  clock: Clock;
  random: Random;
}

export interface IssuedToken {
  token: string;
  owner: Pick<IntegrationToken, 'accountSid' | 'customerId' | 'appId'>;
}

const lifetimeMs = 90 * 24 * 3_600_000;
const windowMs = 60_000;
const tokenBytes = 32;
/** Far above what people mistype, since a whole office may share an address; an id's own limit is what stops guessing. */
const wrongSecretsPerSource = 300;
/** Each is a row for 90 days. A backend needs one; pages that ask for their own get along with ten a second. */
const tokensPerMinute = 600;

/** Gives tokens for an id and a secret. Guessing is slowed per source address and id, and per source address. */
export class TokenIssuer {
  readonly #deps: TokenIssuerDeps;
  readonly #perId: GuessLimit;
  readonly #perSource: GuessLimit;
  readonly #issued: RequestRate;

  constructor(deps: TokenIssuerDeps) {
    this.#deps = deps;
    this.#perId = new GuessLimit({ clock: deps.clock, allowed: 5, windowMs });
    this.#perSource = new GuessLimit({ clock: deps.clock, allowed: wrongSecretsPerSource, windowMs });
    this.#issued = new RequestRate({ clock: deps.clock, perMinute: tokensPerMinute });
  }

  /** A token for 90 days. 401: id or secret is wrong, which of them is not told; 429: too many of these, or too many tokens. */
  async issue(request: {
    entity: 'customer' | 'app';
    id: string;
    secret: string;
    source: string;
  }): Promise<IssuedToken> {
    const { entity, id, source } = request;
    const key = `${source} ${entity} ${id}`;
    const waitSec = Math.max(this.#perId.waitSec(key), this.#perSource.waitSec(source));
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong secrets: wait a minute.', waitSec);
    const owner = await this.#owner(entity, id, request.secret);
    if (owner === undefined) {
      this.#perId.failed(key);
      this.#perSource.failed(source);
      throw ApiError.unauthorized(
        `"Id" or "Secret" is wrong: they are those of the ${entity}, as shown when it was made.`,
      );
    }
    this.#perId.succeeded(key);
    this.#issued.take(`${entity} ${id}`);
    const token = Buffer.from(this.#deps.random.bytes(tokenBytes)).toString('base64url');
    await this.#deps.tokens.create(token, { ...owner, expiresAt: new Date(this.#deps.clock.now() + lifetimeMs) });
    return { token, owner };
  }

  async #owner(entity: 'customer' | 'app', id: string, secret: string) {
    if (entity === 'app') {
      const app = await this.#deps.apps.authenticate(id, secret);
      return app && { accountSid: app.accountSid, customerId: app.customerId, appId: app.id };
    }
    const customer = await this.#deps.customers.authenticate(id, secret);
    return customer && { accountSid: customer.accountSid, customerId: customer.id, appId: undefined };
  }
}
