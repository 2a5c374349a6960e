import {
  VoiceAccountAnswer,
  VoiceActiveStreams,
  VoiceCallAnswer,
  VoiceCallDetailAnswer,
  VoiceCallList,
  VoiceCallListQuery,
  VoiceCallQuery,
  VoiceConnectRequest,
  VoiceRestException,
} from '@intermix/contracts';
import type { TSchema } from 'typebox';
import Type from 'typebox';

const tags = ['voice v1'];
const security = [{ accountKey: [] }];
const AccountPath = Type.Object({ account_sid: Type.String() });
const CallPath = Type.Object({ account_sid: Type.String(), call_sid: Type.String() });
const form = 'XML unless the address ends in .json, or Accept asks for application/json.';

const refused: Readonly<Record<number, string>> = {
  400: 'A parameter is missing or wrong; Message names it and the cure',
  401: 'No key pair, or a wrong one',
  403: 'It may not be had: a number that is closed, an address that has expired; Message says why',
  404: 'There is no such thing in this account, or the key pair is another account’s',
  409: 'Not now: the user is in a call, or has no device that can be rung',
  416: 'It has no such part; Content-Range says how long it is',
  429: 'Too many; Retry-After says how long to wait',
  500: 'Unforeseen; the server’s log says why',
  503: 'The part that would do this is off, or full; Retry-After says how long to wait',
};

/** What a route refuses with, for the OpenAPI document. */
export function refusalsOf(...statuses: readonly number[]): Record<number, TSchema> {
  const entries = statuses.map((status) => [status, { ...VoiceRestException, description: refused[status] }]);
  return Object.fromEntries(entries);
}

function answers(success: TSchema, ...refusals: readonly number[]): Record<number, TSchema> {
  return { 200: success, ...refusalsOf(401, 404, 429, 500, ...refusals) };
}

/** What the routes say of themselves in the OpenAPI document. */
export const documented = {
  connect: {
    ...{ tags, security, params: AccountPath, body: VoiceConnectRequest },
    summary: 'Connect two numbers, or a number with a flow or a bot',
    description: `From is called first. ${form} At most 200 a minute.`,
    operationId: 'voiceConnect',
    consumes: ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json'],
    response: answers(VoiceCallAnswer, 400, 403, 409, 503),
  },
  call: {
    ...{ tags, security, params: CallPath, querystring: VoiceCallQuery },
    summary: 'One call',
    description: form,
    operationId: 'voiceGetCall',
    response: answers(VoiceCallDetailAnswer, 400),
  },
  calls: {
    ...{ tags, security, params: AccountPath, querystring: VoiceCallListQuery },
    summary: 'Calls by filters, page by page',
    description: `${form} Without DateCreated and Sid: of the last month.`,
    operationId: 'voiceListCalls',
    response: answers(VoiceCallList, 400),
  },
  account: {
    ...{ tags, security, params: AccountPath },
    summary: 'The account',
    description: form,
    operationId: 'voiceGetAccount',
    response: answers(VoiceAccountAnswer),
  },
  activeStreams: {
    ...{ tags, security, params: AccountPath },
    summary: 'How many streams are open, and may be',
    description: form,
    operationId: 'voiceActiveStreams',
    response: answers(VoiceActiveStreams),
  },
};
