import type { Clock } from '@intermix/kernel';
import { GuessLimit } from '../../auth/guess-limit.js';
import { ApiError } from '../../http/api-error.js';
import type { AccountDirectory } from '../ports.js';

/** Whether a key pair is that of the customer's account. Guessing is slowed per customer. */
export class AccountCheck {
  readonly #accounts: AccountDirectory;
  readonly #guesses: GuessLimit;

  constructor(deps: { accounts: AccountDirectory; clock: Clock }) {
    this.#accounts = deps.accounts;
    this.#guesses = new GuessLimit({ clock: deps.clock, allowed: 10, windowMs: 60_000 });
  }

  /** 404 names the sid when it is not the customer's account, 400 the key or the token that is wrong, 429 too many of these. */
  async check(
    customer: { accountSid: string; customerId: string },
    given: { sid: string; apiKey: string; apiToken: string },
  ): Promise<void> {
    if (given.sid !== customer.accountSid)
      throw new ApiError(
        404,
        'ERR_NOT_FOUND',
        '"ExotelAccountSid" is not the account of this customer.',
        'ExotelAccountSid',
      );
    const waitSec = this.#guesses.waitSec(customer.customerId);
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong API keys: wait a minute.', waitSec);
    const account = await this.#accounts.authenticateAccount(given.apiKey, given.apiToken);
    if (account?.sid === given.sid) return;
    this.#guesses.failed(customer.customerId);
    const own = await this.#accounts.findAccount(given.sid);
    const field = own?.apiKey === given.apiKey ? 'ExotelApiToken' : 'ExotelApiKey';
    throw ApiError.invalid(field, `"${field}" is not that of the account ${given.sid}.`);
  }
}
