import { emptyDocument, type SystemDocument } from '../settings/system-documents.js';

/** The type of the document that holds the integration. */
export const integrationType = 'exotel';
export const defaultApiBaseUrl = 'https://api.exotel.com';

/** A number of the Exotel account. Empty texts stand for what is not set. */
export interface ExotelDid {
  readonly did_id: string;
  /** E.164. */
  readonly number: string;
  readonly label: string;
  readonly bot_id: string;
  /** The flow of Exotel's that a test call is joined with. */
  readonly flow_url: string;
}

/** The integration as it is kept. */
export interface IntegrationRecord {
  readonly account_sid: string;
  /** Empty: {@link defaultApiBaseUrl}. */
  readonly api_base_url: string;
  /** Empty when not set, as the token. */
  readonly api_key: string;
  readonly api_token: string;
  readonly dids: readonly ExotelDid[];
}

export function recordOf({ values, secrets }: SystemDocument = emptyDocument): IntegrationRecord {
  const kept = values as Partial<IntegrationRecord>;
  return {
    account_sid: kept.account_sid ?? '',
    api_base_url: kept.api_base_url ?? '',
    api_key: secrets.api_key ?? '',
    api_token: secrets.api_token ?? '',
    dids: kept.dids ?? [],
  };
}

/** Key and token go where they are encrypted. */
export function documentOf({ api_key, api_token, ...values }: IntegrationRecord): SystemDocument {
  const secrets = Object.entries({ api_key, api_token }).filter(([, secret]) => secret !== '');
  return { values, secrets: Object.fromEntries(secrets) };
}

/** Whether account sid, key and token are all there. */
export function credentialsConfigured(record: IntegrationRecord): boolean {
  return record.account_sid !== '' && record.api_key !== '' && record.api_token !== '';
}

/** Why a test call cannot be placed from a number; empty when it can. */
export function whyNotTestReady(record: IntegrationRecord, did: ExotelDid): string {
  if (!credentialsConfigured(record)) return 'Add the account sid, the API key and the API token of Exotel first.';
  if (did.flow_url === '') return 'Add the Exotel flow URL of this number first.';
  return '';
}

/**
 * Which of key and token would go to another server than before without having been given anew; undefined when neither.
 * Whoever may not read a secret is not to have it sent to a place of theirs.
 */
export function carriedOff(
  before: IntegrationRecord,
  update: Partial<IntegrationRecord>,
): 'api_key' | 'api_token' | undefined {
  if (update.api_base_url === undefined || serverOf(update.api_base_url) === serverOf(before.api_base_url))
    return undefined;
  return (['api_key', 'api_token'] as const).find((name) => before[name] !== '' && update[name] === undefined);
}

/** Scheme, host and port of the API. */
function serverOf(apiBaseUrl: string): string {
  return new URL(apiBaseUrl || defaultApiBaseUrl).origin;
}
