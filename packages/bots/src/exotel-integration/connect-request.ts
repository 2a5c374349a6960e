import { defaultApiBaseUrl, type ExotelDid, type IntegrationRecord } from './integration-record.js';

const longestCustomField = 128;

/** A request of Exotel's Voice v1 API, as it goes out. */
export interface ConnectRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `POST …/Calls/connect`: rings the customer and joins them with the number's flow. `from`: the customer, E.164. */
export function connectRequest(record: IntegrationRecord, did: ExotelDid, from: string): ConnectRequest {
  const base = record.api_base_url || defaultApiBaseUrl;
  const form = new URLSearchParams({
    From: from,
    CallerId: did.number,
    Url: did.flow_url,
    CallType: 'trans',
    CustomField: `cxb-test:${did.did_id}`.slice(0, longestCustomField),
  });
  return {
    url: `${base}/v1/Accounts/${encodeURIComponent(record.account_sid)}/Calls/connect`,
    headers: {
      authorization: `Basic ${basicCredentials(record)}`,
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Intermix', // Some front doors refuse who has none.
    },
    body: form.toString(),
  };
}

/** Key and token as HTTP Basic carries them (RFC 7617). */
export function basicCredentials({ api_key, api_token }: IntegrationRecord): string {
  return Buffer.from(`${api_key}:${api_token}`, 'utf8').toString('base64');
}
