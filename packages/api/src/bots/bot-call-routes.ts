import type { BotCall, BotCallStore, BotCallSummary as Summary } from '@intermix/bots';
import { BotCallList, BotCallListQuery, BotCallRead, type BotCallSummary } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';

export interface BotCallRoutesDeps {
  calls: Pick<BotCallStore, 'list' | 'find'>;
  /** Where the recordings of these calls of the account are had, by call; without those that have none, or none yet. */
  recordingUrlsOf: (accountSid: string, callSids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  tokens: AccessTokens;
}

const defaultLimit = 50;
const security = [{ accessToken: [] }];

/** `/api/v1/bot-calls`: what became of the calls of bots. */
export function botCallRoutes(app: FastifyInstance, { calls, recordingUrlsOf, tokens }: BotCallRoutesDeps): void {
  const urlsOf = (accountSid: string, found: readonly Summary[]) => {
    const callSids = new Set(found.map(({ callSid }) => callSid).filter((callSid) => callSid !== ''));
    return callSids.size === 0 ? new Map<string, string>() : recordingUrlsOf(accountSid, [...callSids]);
  };
  const preHandler = requireRole(tokens, 'supervisor');

  app.get<{ Querystring: BotCallListQuery }>(
    '/api/v1/bot-calls',
    {
      preHandler,
      schema: {
        ...{ tags: ['bots'], summary: 'Calls of bots, newest first', operationId: 'listBotCalls', security },
        ...{ querystring: BotCallListQuery, response: { 200: BotCallList } },
      },
    },
    async (request) => {
      const { bot_id: botId, call_sid: callSid, status, disconnected_by: disconnectedBy } = request.query;
      const { from, to, limit = defaultLimit, cursor } = request.query;
      const { accountSid } = adminOf(request);
      const page = await calls.list({
        ...{ accountSid, botId, callSid, status, disconnectedBy, limit, cursor },
        ...{ from: timeOf('from', from), to: timeOf('to', to) },
      });
      const urls = await urlsOf(accountSid, page.calls);
      return { items: page.calls.map((call) => summaryRead(call, urls)), next_cursor: page.nextCursor ?? null };
    },
  );

  app.get<{ Params: { session_id: string } }>(
    '/api/v1/bot-calls/:session_id',
    {
      preHandler,
      schema: {
        ...{ tags: ['bots'], summary: 'One call of a bot: what was said, events, delays', operationId: 'getBotCall' },
        ...{ security, params: Type.Object({ session_id: Type.String({ maxLength: 128 }) }) },
        response: { 200: BotCallRead },
      },
    },
    async (request) => {
      const { accountSid } = adminOf(request);
      const call = await calls.find(accountSid, request.params.session_id);
      if (call === undefined) throw ApiError.notFound('call of a bot');
      return callRead(call, await urlsOf(accountSid, [call]));
    },
  );
}

function timeOf(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw ApiError.invalid(field, `"${field}" must be a time in ISO 8601.`);
  return time;
}

function summaryRead(call: Summary, urls: ReadonlyMap<string, string>): BotCallSummary {
  return {
    ...{ session_id: call.sessionId, bot_id: call.botId, stream_sid: call.streamSid, call_sid: call.callSid },
    ...{ from: call.from, to: call.to, status: call.status, disconnected_by: call.disconnectedBy ?? null },
    ...{ detail: call.detail ?? null, started_at: call.startedAt.toISOString() },
    ...{ ended_at: call.endedAt?.toISOString() ?? null, duration_ms: call.durationMs, source: call.source },
    recording_url: urls.get(call.callSid) ?? null,
  };
}

function callRead(call: BotCall, urls: ReadonlyMap<string, string>): BotCallRead {
  return {
    ...summaryRead(call, urls),
    ...{ custom_parameters: call.customParameters, transcript: call.transcript, events: call.events },
    ...{ usage: call.usage, latency: figuresOf(call.latencySamples), latency_samples: call.latencySamples },
    details: call.details,
  };
}

/** Per kind of delay. What was reported may be anything: only what looks like ours is counted. */
function figuresOf(samples: unknown): BotCallRead['latency'] {
  const byName = new Map<string, number[]>();
  for (const sample of Array.isArray(samples) ? (samples as unknown[]) : []) {
    const { name, ms } = (sample ?? {}) as { name?: unknown; ms?: unknown };
    if (typeof name !== 'string' || typeof ms !== 'number') continue;
    const values = byName.get(name);
    if (values) values.push(ms);
    else byName.set(name, [ms]);
  }
  return Object.fromEntries([...byName].map(([name, values]) => [name, figures(values.sort((a, b) => a - b))]));
}

function figures(sorted: readonly number[]) {
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  const average = Math.round((sum / sorted.length) * 10) / 10;
  return { count: sorted.length, average_ms: average, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}
