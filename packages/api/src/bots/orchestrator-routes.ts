import {
  type BotAddresses,
  type BotCallReport,
  type BotCallStore,
  type BotStore,
  boundedReport,
  isActive,
  isSame,
  type SystemSettings,
  sourceNetworkOf,
} from '@intermix/bots';
import { CallResultsBody } from '@intermix/contracts';
import { type Clock, createId } from '@intermix/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { GuessLimit } from '../auth/guess-limit.js';
import { ApiError } from '../http/api-error.js';
import { connectedEventOf, orchestratorConfig } from './orchestrator-config.js';

export interface OrchestratorRoutesDeps {
  bots: Pick<BotStore, 'findAnywhere'>;
  calls: Pick<BotCallStore, 'ownerOf' | 'report'>;
  /** Undefined: nobody is let in. */
  coreSecret: string | undefined;
  addresses: Pick<BotAddresses, 'publicUrl'>;
  settings: Pick<SystemSettings, 'displayTimezone'>;
  clock: Clock;
}

const wrongSecretsPerSource = 10;
const windowMs = 60_000;

const maxResultsBytes = 4 * 1024 * 1024;
const failed = new Set(['error', 'no_answer', 'rejected']);
/** Members of the body that stand in fields of their own. */
const known = new Set([
  ...['session_id', 'stream_id', 'caller_id', 'from_number', 'call_duration_seconds', 'disconnected_by', 'transcript'],
  ...['events', 'usage_metrics', 'latency_samples', 'bot_id', 'call_sid'],
]);
const shared = { tags: ['bots'], response: { 200: Type.Record(Type.String(), Type.Unknown()) } };

/** The two endpoints that orchestrators of others use: a bot's configuration for a call, and what became of it. */
export function orchestratorRoutes(app: FastifyInstance, deps: OrchestratorRoutesDeps): void {
  const guesses = new GuessLimit({ clock: deps.clock, allowed: wrongSecretsPerSource, windowMs });
  const preHandler = async (request: FastifyRequest) => checkSecret(request, deps.coreSecret, guesses);
  const config = { access: 'core-secret' } as const;

  app.get<{ Params: { bot_id: string }; Querystring: Record<string, string> }>(
    '/api/v1/config/:bot_id',
    {
      ...{ onRequest: preHandler, config },
      schema: {
        ...{ ...shared, summary: 'A bot as an orchestrator runs it, for one call', operationId: 'getBotConfig' },
        params: Type.Object({ bot_id: Type.String({ maxLength: 128 }) }),
        querystring: Type.Object({
          caller_id: Type.Optional(Type.String({ maxLength: 256 })),
          stream_id: Type.Optional(Type.String({ maxLength: 256 })),
          connected_event: Type.Optional(Type.String({ maxLength: 16_384 })),
        }),
      },
    },
    async (request, reply) => {
      const bot = await deps.bots.findAnywhere(request.params.bot_id);
      if (bot === undefined) throw ApiError.notFound('bot');
      const now = deps.clock.now();
      if (!isActive(bot.activeHours, now)) {
        const detail = 'outside_active_hours: the bot takes no calls now.';
        return reply.status(503).send({ detail, error: { code: 'ERR_UNAVAILABLE', message: detail } });
      }
      const { caller_id: from = '', stream_id: streamSid = '', connected_event: event } = request.query;
      const variables = connectedEventOf(event);
      const sessionId = createId('bcl_');
      const { id: botId, accountSid } = bot;
      const begun = { sessionId, accountSid, botId, streamSid, from, startedAt: new Date(now) };
      await deps.calls.report({ ...begun, status: 'in-progress', details: { connected_event: variables } });
      const base = deps.addresses.publicUrl ?? `${request.protocol}://${request.host}`;
      const timeZone = bot.activeHours?.timeZone ?? (await deps.settings.displayTimezone(accountSid));
      const call = {
        sessionId,
        webhookUrl: `${base}/api/v1/call-results`,
        timeZone,
        variables: { from, ...variables },
      };
      return orchestratorConfig(bot, call);
    },
  );

  app.post<{ Body: CallResultsBody }>(
    '/api/v1/call-results',
    {
      ...{ onRequest: preHandler, config: { ...config, audit: false }, bodyLimit: maxResultsBytes }, // No change of anybody's.
      schema: {
        ...{ ...shared, summary: 'What became of a call, once or again', operationId: 'reportCallResults' },
        body: CallResultsBody,
      },
    },
    async (request) => {
      const report = boundedReport(await reportOf(withoutNulls(request.body), deps));
      const status = await deps.calls.report(report);
      if (status === undefined)
        throw new ApiError(409, 'ERR_STORE_CONFLICT', 'The session ran here: its results are known.', 'session_id');
      return { status: 'ok', session_id: report.sessionId, call_status: status };
    },
  );
}

/** Of the session that its configuration was asked for; else of the bot that the report names. */
async function reportOf(body: CallResultsBody, { bots, calls, clock }: OrchestratorRoutesDeps): Promise<BotCallReport> {
  const text = (name: string) => (typeof body[name] === 'string' ? (body[name] as string).slice(0, 256) : undefined);
  const owner = await calls.ownerOf(body.session_id);
  const bot = owner ? undefined : await bots.findAnywhere(text('bot_id') ?? '');
  const accountSid = owner?.accountSid ?? bot?.accountSid;
  if (accountSid === undefined)
    throw ApiError.invalid(
      'session_id',
      'There is no such session: ask for its configuration first, or send "bot_id".',
    );
  const durationMs = durationOf(body.call_duration_seconds);
  const now = clock.now();
  const by = text('disconnected_by') || undefined;
  return {
    ...{ sessionId: body.session_id, accountSid, botId: owner?.botId ?? bot?.id ?? '' },
    ...{ streamSid: text('stream_id'), callSid: text('call_sid'), from: text('caller_id') || text('from_number') },
    ...{ status: statusOf(by), disconnectedBy: by, durationMs },
    ...{ startedAt: owner?.startedAt ?? new Date(now - (durationMs ?? 0)), endedAt: new Date(now) },
    ...{ transcript: body.transcript, events: body.events, usage: body.usage_metrics },
    latencySamples: body.latency_samples,
    details: Object.fromEntries(Object.entries(body).filter(([name]) => !known.has(name))),
  };
}

/** Milliseconds; undefined when nothing is said that can be read. */
function durationOf(seconds: unknown): number | undefined {
  const durationMs = seconds === undefined ? Number.NaN : Number(seconds) * 1000;
  return Number.isNaN(durationMs) ? undefined : Math.min(86_400_000, Math.max(0, durationMs));
}

function statusOf(disconnectedBy: string | undefined): BotCallReport['status'] {
  if (disconnectedBy === undefined) return undefined;
  if (failed.has(disconnectedBy)) return 'failed';
  return disconnectedBy === 'voicemail' ? 'voicemail' : 'completed';
}

function withoutNulls(body: CallResultsBody): CallResultsBody {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) as CallResultsBody;
}

/** `X-CXBCore-Secret`, or `X-CXB-Core-Secret` as other pages of the vendor's spell it. */
function checkSecret({ headers, ip }: FastifyRequest, coreSecret: string | undefined, guesses: GuessLimit): void {
  const shown = headers['x-cxbcore-secret'] ?? headers['x-cxb-core-secret'];
  // The right one is let in however often others were wrong: nobody guesses 24 characters, and who shares an address with
  // somebody who tries is not to lose calls by it.
  if (coreSecret !== undefined && typeof shown === 'string' && isSame(shown, coreSecret)) return;
  const source = sourceNetworkOf(ip);
  const waitSec = guesses.waitSec(source);
  if (waitSec > 0) throw ApiError.tooMany('Too many wrong core secrets: wait a minute.', waitSec);
  if (shown !== undefined) guesses.failed(source);
  throw ApiError.forbidden('The core secret is missing or another; see INTERMIX_CORE_SECRET.');
}
