import { type CarrierDirectory, toE164 } from '@intermix/calls';
import type { CallerDirectory } from '../ports/app-notifications.js';

export interface CallersByAnyNumberDeps {
  contacts: CallerDirectory;
  carriers: Pick<CarrierDirectory, 'listDids' | 'listCarriers'>;
}

/**
 * An app's directory is kept by `+E.164`. A flow elsewhere tells numbers as its own network writes them, `09876543210`:
 * such a one is read as calls read what is dialled, in the country of the account's first carrier.
 */
export class CallersByAnyNumber implements CallerDirectory {
  readonly #deps: CallersByAnyNumberDeps;

  constructor(deps: CallersByAnyNumberDeps) {
    this.#deps = deps;
  }

  async find(accountSid: string, appId: string, number: string): ReturnType<CallerDirectory['find']> {
    const known = /^\+\d+$/.test(number) ? number : await this.#e164(accountSid, number);
    return this.#deps.contacts.find(accountSid, appId, known);
  }

  /** A text that is no number stays as it is: the directory has none such. */
  async #e164(accountSid: string, text: string): Promise<string> {
    const { carriers } = this.#deps;
    const [dids, all] = await Promise.all([carriers.listDids(accountSid), carriers.listCarriers()]);
    const first = dids.find(({ direction }) => direction !== 'inbound');
    const country = all.find(({ id }) => id === first?.carrierId)?.destinationCountry;
    return toE164(text, country ? { country } : {}) ?? text;
  }
}
