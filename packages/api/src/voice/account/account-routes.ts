import { istTime } from '@intermix/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { answer } from '../http/answers.js';
import { documented } from '../http/documented.js';
import type { VoiceParts } from '../parts.js';

/** `GET /v1/Accounts/{sid}` and `…/ActiveStreams`. */
export function accountRoutes(scope: FastifyInstance, { auth, deps }: VoiceParts): void {
  const onRequest = auth.require();

  scope.get('/:account_sid', { onRequest, schema: documented.account }, async (request, reply) => {
    const account = await deps.accounts.findAccount(auth.accountOf(request));
    if (account === undefined) throw ApiError.notFound('account');
    const { sid, name, createdAt } = account;
    const Account = {
      ...{
        Sid: sid,
        FriendlyName: name,
        Type: 'Full',
        Status: 'active',
        BillingType: null,
        KycStatus: null,
      },
      ...{ DateCreated: createdAt ? istTime(createdAt) : null, Uri: `/v1/Accounts/${encodeURIComponent(sid)}` },
    };
    return answer(request, reply, { Account });
  });

  const streams = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const sid = auth.accountOf(request);
    const { active, limit } = deps.streams.activeOf(sid);
    const json = { status: 'success', active_streams: active, max_allowed_streams: limit, account_sid: sid };
    return answer(request, reply, { Stream: { ActiveStreamCount: active, ThrottleLimit: limit } }, json);
  };
  scope.get('/:account_sid/ActiveStreams.json', { onRequest, schema: documented.activeStreams }, streams);
  scope.get('/:account_sid/ActiveStreams', { onRequest, schema: { hide: true } }, streams);
}
