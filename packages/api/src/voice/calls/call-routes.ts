import type { Clock } from '@intermix/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { withoutSuffix } from '../http/answer-form.js';
import { answer } from '../http/answers.js';
import { documented } from '../http/documented.js';
import { queryParametersOf } from '../http/form-body.js';
import type { Content } from '../http/xml.js';
import { flagOf, integerOf } from '../orders/read-values.js';
import type { VoiceParts } from '../parts.js';
import { callDetails, callResource } from './call-resource.js';
import { listQuery } from './list-query.js';
import { pageUris } from './page-uris.js';

const validityMin = { min: 5, max: 60, unit: 'minutes' };

/** `GET Calls/{sid}` and `GET Calls`. */
export function callRoutes(scope: FastifyInstance, parts: VoiceParts): void {
  const reads = new CallReads(parts);
  const onRequest = parts.auth.require();
  const one = (request: FastifyRequest, reply: FastifyReply) => reads.one(request, reply);
  const list = (request: FastifyRequest, reply: FastifyReply) => reads.list(request, reply);
  scope.get('/:account_sid/Calls/:call_sid', { onRequest, schema: documented.call }, one);
  scope.get('/:account_sid/Calls.json/:call_sid', { onRequest, schema: { hide: true } }, one);
  scope.get('/:account_sid/Calls.json', { onRequest, schema: documented.calls }, list);
  scope.get('/:account_sid/Calls', { onRequest, schema: { hide: true } }, list);
}

class CallReads {
  readonly #parts: VoiceParts;
  readonly #clock: Clock;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  async one(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { auth, deps } = this.#parts;
    const accountSid = auth.accountOf(request);
    const parameters = queryParametersOf(request);
    const validity = integerOf(parameters, 'RecordingUrlValidity', validityMin);
    const callSid = withoutSuffix((request.params as { call_sid: string }).call_sid);
    const found = await deps.archive.findCall(accountSid, callSid);
    if (found === undefined) throw ApiError.notFound('call');
    const urls = await deps.recordings.urlsOf(accountSid, [callSid], validity);
    const resource = callResource(found, urls.get(callSid));
    const details: Record<string, Content> = flagOf(parameters, 'details')
      ? { Details: callDetails(found.call, found.legs) }
      : {};
    return answer(request, reply, { Call: { ...resource, ...details } });
  }

  async list(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { auth, deps } = this.#parts;
    const accountSid = auth.accountOf(request);
    const parameters = queryParametersOf(request);
    const validity = integerOf(parameters, 'RecordingUrlValidity', validityMin);
    const query = listQuery(parameters, accountSid, new Date(this.#clock.now()));
    const page = await deps.archive.listCalls(query);
    const sids = page.calls.map(({ call }) => call.callSid);
    const urls =
      sids.length === 0 ? new Map<string, string>() : await deps.recordings.urlsOf(accountSid, sids, validity);
    const calls = page.calls.map((found) => callResource(found, urls.get(found.call.callSid)));
    const path = `/v1/Accounts/${encodeURIComponent(accountSid)}/Calls.json`;
    const uris = pageUris(path, parameters, { pageSize: query.limit, page });
    const Metadata = { Total: page.total, PageSize: query.limit, ...uris };
    return answer(request, reply, { Metadata, Calls: calls.map((Call) => ({ Call })) }, { Metadata, Calls: calls });
  }
}
