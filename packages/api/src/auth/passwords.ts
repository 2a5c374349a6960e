import { hash, verify } from '@node-rs/argon2';
import { ApiError } from '../http/api-error.js';

// The hash of a random text: an unknown e-mail address costs as much time as a wrong password.
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZS1maXhlZC1zYWx0$QxqJ0Pp2mP5lC0x4aF2yqY1o8m9b6w0q2Jv3oV1kT5M';

/** Each keeps a thread of the pool busy, which files and DNS need too, and 19 MB. */
const atOnce = 2;
const maxWaiting = 64;

/** Hashes and checks passwords by argon2id, beside the thread that does signalling, a few at a time. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** `storedHash`: undefined for who is not known. Throws 503 when too many are being checked. */
  verify(storedHash: string | undefined, password: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const isRight = await verify(storedHash ?? nobodysHash, password).catch(() => false);
      return isRight && storedHash !== undefined;
    });
  }

  /** PHC string. Throws 503 as `verify` does. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < atOnce) this.#running++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= maxWaiting)
      throw ApiError.unavailable('Too many passwords are being checked: try again in a moment.');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
