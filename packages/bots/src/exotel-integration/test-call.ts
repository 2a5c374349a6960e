import { type OutboundAnswer, type OutboundClient, OutboundError } from '@intermix/outbound';
import { type ConnectReply, readConnectReply } from './connect-reply.js';
import { basicCredentials, connectRequest } from './connect-request.js';
import type { ExotelDid, IntegrationRecord } from './integration-record.js';
import { TestCallError } from './test-call-error.js';

/** For everything: name, connection, TLS, request and answer. */
const timeoutMs = 20_000;

export interface PlacedTestCall {
  readonly callSid: string;
  /** In Exotel's words; empty when it told none. */
  readonly providerStatus: string;
}

/** Has Exotel ring `from` and join them with the number's flow. Rejects with TestCallError for whatever Exotel does. */
export async function placeTestCall(
  client: Pick<OutboundClient, 'post'>,
  record: IntegrationRecord,
  did: ExotelDid,
  from: string,
): Promise<PlacedTestCall> {
  const { url, headers, body } = connectRequest(record, did, from);
  const answer = await client.post(url, { headers, body, timeoutMs }).catch((error: unknown) => {
    throw unanswered(error);
  });
  return callOf(answer, (text, maxLength) => withoutSecrets(text, record).slice(0, maxLength));
}

function unanswered(error: unknown): unknown {
  if (!(error instanceof OutboundError)) return error;
  const problem = error.problem === 'timeout' ? 'timeout' : 'unreachable';
  // Without a cause: what lies below could hold the request.
  return new TestCallError(problem, `Exotel's API could not be asked: ${error.message}`);
}

type Clean = (text: string, maxLength: number) => string;

function callOf(answer: OutboundAnswer, clean: Clean): PlacedTestCall {
  const { status, cutOff } = answer;
  if (status >= 300 && status < 400) {
    throw new TestCallError(
      'bad-answer',
      `Exotel's API redirects (status ${status}): set api_base_url to its address.`,
    );
  }
  const reply = cutOff ? undefined : readConnectReply(answer.body.toString('utf8'));
  const isGood = status >= 200 && status < 300 && reply?.isException !== true;
  if (isGood && reply?.callSid !== undefined) {
    return { callSid: clean(reply.callSid, 128), providerStatus: clean(reply.status ?? '', 64) };
  }
  if (isGood && reply?.message === undefined) throw unreadable(cutOff, reply);
  throw refusal(status, reply, clean);
}

function unreadable(cutOff: boolean, reply: ConnectReply | undefined): TestCallError {
  const what = cutOff ? 'is too long' : reply === undefined ? 'is neither JSON nor XML' : 'names no call';
  return new TestCallError('bad-answer', `The answer of Exotel's API ${what}: check api_base_url.`);
}

function refusal(status: number, reply: ConnectReply | undefined, clean: Clean): TestCallError {
  const said = reply?.message === undefined ? `It answered with status ${status}.` : clean(reply.message, 500);
  return new TestCallError('refused', `Exotel refused the call: ${said}`);
}

/** Of a shorter one nothing could be told apart from common words. */
const shortestSecret = 4;

/** A provider may repeat what it was sent: of that, nothing may be told on. Cut afterwards, or half a secret would stay. */
function withoutSecrets(text: string, record: IntegrationRecord): string {
  const secrets = [basicCredentials(record), record.api_token, record.api_key];
  const spellings = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const told = spellings.filter((secret) => secret.length >= shortestSecret);
  return told.reduce((clean, secret) => clean.replaceAll(secret, '•••'), text);
}
