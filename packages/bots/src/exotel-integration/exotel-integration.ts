import type {
  ExotelCredentialsUpdate,
  ExotelDidCreate,
  ExotelDidRead,
  ExotelDidUpdate,
  ExotelIntegrationRead,
  ExotelTestCallOptions,
  ExotelTestCallResult,
} from '@intermix/contracts';
import { createId } from '@intermix/kernel';
import type { OutboundClient } from '@intermix/outbound';
import { type BotAddresses, websocketUrlOf } from '../fleet/bot-addresses.js';
import { baseUrlOf, checkedUrl } from '../settings/base-url.js';
import { InputError } from '../settings/input-error.js';
import type { SystemDocuments } from '../settings/system-documents.js';
import { normaliseExotelNumber } from './exotel-number.js';
import { IntegrationError } from './integration-error.js';
import {
  carriedOff,
  credentialsConfigured,
  defaultApiBaseUrl,
  documentOf,
  type ExotelDid,
  type IntegrationRecord,
  integrationType,
  recordOf,
  whyNotTestReady,
} from './integration-record.js';
import { placeTestCall } from './test-call.js';
import { TestCallError } from './test-call-error.js';

const mostDids = 1_000;

export interface ExotelIntegrationDeps {
  documents: SystemDocuments;
  addresses: Pick<BotAddresses, 'baseOf'>;
  client: Pick<OutboundClient, 'post' | 'checkUrl'>;
  /** Whether the account has this bot. */
  knowsBot: (accountSid: string, botId: string) => Promise<boolean>;
}

/** The record of an Exotel account, its numbers, and test calls by its API. One document `{type: "exotel"}` an account. */
export class ExotelIntegration {
  readonly #deps: ExotelIntegrationDeps;

  constructor(deps: ExotelIntegrationDeps) {
    this.#deps = deps;
  }

  async read(accountSid: string): Promise<ExotelIntegrationRead> {
    return this.#shown(accountSid, await this.#find(accountSid));
  }

  /** Changes what is given; an empty text clears. Throws InputError, also where a key would follow the API's address unasked. */
  async putCredentials(accountSid: string, update: ExotelCredentialsUpdate): Promise<ExotelIntegrationRead> {
    const changes = this.#credentialsOf(update);
    const after = await this.#change(accountSid, (before) => {
      const field = carriedOff(before, changes);
      if (field !== undefined) throw InputError.secretWouldMove(field, 'api_base_url');
      return { ...before, ...changes };
    });
    return this.#shown(accountSid, after);
  }

  /** One number; undefined when the account has none of that id. */
  async findDid(accountSid: string, didId: string): Promise<ExotelDidRead | undefined> {
    const did = didOf(await this.#find(accountSid), didId);
    return did && this.#shownDid(accountSid, did);
  }

  /** Throws InputError for a number that is none, and IntegrationError for one that is here already. */
  async addDid(accountSid: string, input: ExotelDidCreate): Promise<ExotelDidRead> {
    const fields = await this.#didFieldsOf(accountSid, input);
    const number = requireNumber('number', input.number);
    const did: ExotelDid = { did_id: createId('did_'), number, label: '', bot_id: '', flow_url: '', ...fields };
    await this.#change(accountSid, (before) => {
      if (before.dids.some((one) => one.number === number)) throw IntegrationError.numberTaken(number);
      if (before.dids.length >= mostDids) throw IntegrationError.tooManyNumbers(mostDids);
      return { ...before, dids: [...before.dids, did] };
    });
    return this.#shownDid(accountSid, did);
  }

  /** Changes what is given; an empty text clears. Undefined when the account has no such number. Throws InputError. */
  async updateDid(accountSid: string, didId: string, input: ExotelDidUpdate): Promise<ExotelDidRead | undefined> {
    const fields = await this.#didFieldsOf(accountSid, input);
    const after = await this.#change(accountSid, (before) => ({
      ...before,
      dids: before.dids.map((did) => (did.did_id === didId ? { ...did, ...fields } : did)),
    }));
    const did = didOf(after, didId);
    return did && this.#shownDid(accountSid, did);
  }

  /** False when the account has no such number. */
  async removeDid(accountSid: string, didId: string): Promise<boolean> {
    let removed = false;
    await this.#change(accountSid, (before) => {
      const dids = before.dids.filter((did) => did.did_id !== didId);
      removed = dids.length < before.dids.length;
      return { ...before, dids };
    });
    return removed;
  }

  async testCallOptions(accountSid: string): Promise<ExotelTestCallOptions> {
    const record = await this.#find(accountSid);
    const dids = record.dids.map(({ did_id, number, label, bot_id, ...rest }) => {
      const reason = whyNotTestReady(record, { did_id, number, label, bot_id, ...rest });
      return { did_id, number, label, bot_id, test_ready: reason === '', reason };
    });
    return { credentials_configured: credentialsConfigured(record), dids };
  }

  /**
   * Rings a customer from a number, by Exotel's API, and joins them with the number's flow. Undefined when the account has
   * no such number. Throws InputError for a customer's number that is none, and TestCallError.
   */
  async testCall(accountSid: string, didId: string, toNumber: string): Promise<ExotelTestCallResult | undefined> {
    const record = await this.#find(accountSid);
    const did = didOf(record, didId);
    if (did === undefined) return undefined;
    const reason = whyNotTestReady(record, did);
    if (reason !== '') throw new TestCallError('not-test-ready', reason);
    const from = requireNumber('to_number', toNumber);
    const { callSid, providerStatus } = await placeTestCall(this.#deps.client, record, did, from);
    return { did_id: did.did_id, to_number: from, call_sid: callSid, provider_status: providerStatus };
  }

  #credentialsOf(update: ExotelCredentialsUpdate): Partial<IntegrationRecord> {
    const given = present(update);
    const { api_key = '', api_base_url = '', account_sid = '' } = given;
    if (/[^A-Za-z0-9_.~-]|^\.+$/.test(account_sid))
      throw new InputError('account_sid', '"account_sid" has a sign that no sid has.');
    if (api_key.includes(':'))
      throw new InputError('api_key', '"api_key" has a colon, which HTTP Basic has no room for.');
    if (api_base_url === '') return given;
    return {
      ...given,
      api_base_url: baseUrlOf('api_base_url', api_base_url, (url) => this.#deps.client.checkUrl(url)),
    };
  }

  /** A flow's URL is Exotel's to open, not ours: only its form is looked at. */
  async #didFieldsOf(accountSid: string, input: ExotelDidUpdate): Promise<Partial<ExotelDid>> {
    const { label, bot_id, flow_url } = input;
    const fields = present({ label, bot_id, flow_url });
    if (fields.flow_url) checkedUrl('flow_url', fields.flow_url, requireHttp);
    if (fields.bot_id && !(await this.#deps.knowsBot(accountSid, fields.bot_id))) {
      throw new InputError('bot_id', 'There is no such bot: make it first, or leave "bot_id" empty.');
    }
    return fields;
  }

  async #find(accountSid: string): Promise<IntegrationRecord> {
    return recordOf(await this.#deps.documents.find(accountSid, integrationType));
  }

  async #change(
    accountSid: string,
    change: (before: IntegrationRecord) => IntegrationRecord,
  ): Promise<IntegrationRecord> {
    const changed = await this.#deps.documents.change(accountSid, integrationType, (document) =>
      documentOf(change(recordOf(document))),
    );
    return recordOf(changed);
  }

  async #shown(accountSid: string, record: IntegrationRecord): Promise<ExotelIntegrationRead> {
    const websocketUrl = await this.#websocketUrls(accountSid);
    const isConfigured = credentialsConfigured(record);
    return {
      status: isConfigured ? 'configured' : 'not_configured',
      credentials_configured: isConfigured,
      account_sid: record.account_sid,
      api_base_url: record.api_base_url || defaultApiBaseUrl,
      dids: record.dids.map((did) => ({ ...did, websocket_url: websocketUrl(did.bot_id) })),
    };
  }

  async #shownDid(accountSid: string, did: ExotelDid): Promise<ExotelDidRead> {
    const websocketUrl = await this.#websocketUrls(accountSid);
    return { ...did, websocket_url: websocketUrl(did.bot_id) };
  }

  /** Empty for a number without a bot. */
  async #websocketUrls(accountSid: string): Promise<(botId: string) => string> {
    const base = (await this.#deps.addresses.baseOf(accountSid)) ?? 'https://localhost';
    return (botId) => (botId === '' ? '' : websocketUrlOf(base, botId));
  }
}

function didOf(record: IntegrationRecord, didId: string): ExotelDid | undefined {
  return record.dids.find((did) => did.did_id === didId);
}

function requireNumber(field: string, text: string): string {
  const number = normaliseExotelNumber(text);
  if (number !== undefined) return number;
  throw new InputError(field, `"${field}" is no telephone number: give one such as +919876543210 or 98765 43210.`);
}

function requireHttp(url: string): void {
  if (!/^https?:\/\/[^\s/]/i.test(url)) throw new Error('not http');
}

/** The fields that were given, null as an empty text, without blanks around them. */
function present<K extends string>(fields: Partial<Record<K, string | null | undefined>>): Partial<Record<K, string>> {
  const given = Object.entries<string | null | undefined>(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, (value ?? '').trim()])) as Partial<Record<K, string>>;
}
