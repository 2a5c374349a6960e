import type { Random } from '@intermix/kernel';
import { DigestClient, DigestState } from '../auth/digest-client.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import type { DigestCredentials } from './types.js';

/** Authorization and Proxy-Authorization fields. */
export type Authorization = readonly (readonly [name: string, value: string])[];

/** A chain of proxies may challenge one after the other; more than this in a row is a game. */
const MAX_ROW = 6;

/** Answers the digest challenges of one peer with one account; kept as long as the request or the dialog. */
export class DigestAnswers {
  readonly #client: DigestClient;
  readonly #credentials: DigestCredentials;
  readonly #state = new DigestState();
  #row = 0;

  constructor(credentials: DigestCredentials, random: Random) {
    this.#credentials = credentials;
    this.#client = new DigestClient({ random });
  }

  /**
   * The credentials for the next attempt. Undefined when the response is no challenge, or one that says that the
   * credentials are wrong. To be asked about every final response. RFC 3261 §22.2.
   */
  answer(response: SipResponse, request: SipRequest): Authorization | undefined {
    if (response.status !== 401 && response.status !== 407) {
      this.#row = 0;
      return undefined;
    }
    this.#row += 1;
    if (this.#row > MAX_ROW) return undefined;
    return this.#client.answer(response, request, this.#credentials, this.#state);
  }
}
