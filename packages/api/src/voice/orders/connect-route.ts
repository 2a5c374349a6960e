import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callResource } from '../calls/call-resource.js';
import { answer } from '../http/answers.js';
import { documented } from '../http/documented.js';
import { parametersOf } from '../http/form-body.js';
import { MinuteRate } from '../http/minute-rate.js';
import type { VoiceParts } from '../parts.js';
import { connectParameters } from './connect-parameters.js';
import { OrderService } from './order-service.js';

const callsPerMinute = 200;

/** `POST Calls/connect`: two numbers, a flow, or a bot. */
export function connectRoute(scope: FastifyInstance, { auth, clock, deps }: VoiceParts): void {
  const service = new OrderService(deps);
  const rate = new MinuteRate({ clock, perMinute: callsPerMinute });
  const rules = { url: deps.urlRule, stream: (url: string) => deps.programs.streamProblem(url) };
  const onRequest = auth.require();

  const connect = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const accountSid = auth.accountOf(request);
    rate.take(accountSid, reply);
    const asked = connectParameters(await parametersOf(request), rules);
    const { call, order } = await service.place(accountSid, asked);
    const { mode, from, to } = order;
    const facts = { mode, from, to, parentCallSid: undefined };
    return answer(request, reply, { Call: callResource({ call, order: facts }, undefined) });
  };
  scope.post('/:account_sid/Calls/connect.json', { onRequest, schema: documented.connect }, connect);
  scope.post('/:account_sid/Calls/connect', { onRequest, schema: { hide: true } }, connect);
}
