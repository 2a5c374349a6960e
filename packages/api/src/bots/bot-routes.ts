import type { BotAddresses, BotInput, BotStore, StoredBot, SystemSettings } from '@intermix/bots';
import { BotCreate, BotList, BotRead, BotUpdate, BotValidation, BotVersionList } from '@intermix/contracts';
import type { FlowFacts } from '@intermix/flows';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { botInput, botRead, botVersionRead, configProblem, restoredInput, type WantedBot } from './bot-mapping.js';
import { changeBot, expectedVersion } from './change-bot.js';

export interface BotRoutesDeps {
  bots: BotStore;
  /** A bot is no more: its sessions are to end. */
  onDeleted?: ((botId: string) => void) | undefined;
  /** What a configuration may name. */
  facts: Pick<FlowFacts, 'hasPrompt' | 'whyRefused'>;
  addresses: Pick<BotAddresses, 'baseOf'>;
  settings: Pick<SystemSettings, 'displayTimezone'>;
  tokens: AccessTokens;
}

const BotPath = Type.Object({ bot_id: Type.String({ maxLength: 128 }) });
const VersionPath = Type.Object({ ...BotPath.properties, version: Type.Integer({ minimum: 1 }) });
interface OfBot {
  Params: { bot_id: string };
}

const documented = (summary: string, operationId: string) => ({
  ...{ tags: ['bots'], summary, operationId, security: [{ accessToken: [] }] },
});

/** `/api/v1/bots`: who talks in calls that no person takes. */
export function botRoutes(app: FastifyInstance, deps: BotRoutesDeps): void {
  readRoutes(app, deps);
  writeRoutes(app, deps);
}

/** A bot as it is answered, with the tag of its version (RFC 9110 §8.8.3). */
async function shown(bot: StoredBot, { addresses }: BotRoutesDeps, request: FastifyRequest, reply: FastifyReply) {
  void reply.header('etag', `"${bot.version}"`);
  return botRead(bot, await addresses.baseOf(bot.accountSid), request);
}

function readRoutes(app: FastifyInstance, deps: BotRoutesDeps): void {
  const { bots, tokens, addresses } = deps;
  const preHandler = requireRole(tokens, 'supervisor');

  app.get(
    '/api/v1/bots',
    { preHandler, schema: { ...documented('Bots, oldest first', 'listBots'), response: { 200: BotList } } },
    async (request) => {
      const { accountSid } = adminOf(request);
      const [found, base] = await Promise.all([bots.list(accountSid), addresses.baseOf(accountSid)]);
      return { items: found.map((bot) => botRead(bot, base, request)), next_cursor: null };
    },
  );

  app.get<OfBot>(
    '/api/v1/bots/:bot_id',
    { preHandler, schema: { ...documented('One bot', 'getBot'), params: BotPath, response: { 200: BotRead } } },
    async (request, reply) => {
      const bot = await bots.latest(adminOf(request).accountSid, request.params.bot_id);
      if (bot === undefined) throw ApiError.notFound('bot');
      return shown(bot, deps, request, reply);
    },
  );

  app.get<OfBot>(
    '/api/v1/bots/:bot_id/versions',
    {
      preHandler,
      schema: {
        ...documented('The last 100 versions of a bot, newest first', 'listBotVersions'),
        ...{ params: BotPath, response: { 200: BotVersionList } },
      },
    },
    async (request) => {
      const found = await bots.versions(adminOf(request).accountSid, request.params.bot_id);
      if (found === undefined) throw ApiError.notFound('bot');
      return { items: found.map(botVersionRead), next_cursor: null };
    },
  );

  app.post<{ Body: BotCreate }>(
    '/api/v1/bots/validate',
    {
      preHandler,
      config: { audit: false }, // Nothing is kept.
      schema: {
        ...documented('Whether a bot would be taken as it is; nothing is kept', 'validateBot'),
        ...{ body: BotCreate, response: { 200: BotValidation } },
      },
    },
    async (request) => {
      try {
        const { accountSid } = adminOf(request);
        await checked(botInput(request.body, await zoneOf(request, deps)), accountSid, deps);
        return { valid: true, problems: [] };
      } catch (error) {
        return { valid: false, problems: [configProblem(error)] };
      }
    },
  );
}

function writeRoutes(app: FastifyInstance, deps: BotRoutesDeps): void {
  const { bots, tokens, addresses, onDeleted } = deps;
  const preHandler = requireRole(tokens, 'admin');
  const before = async (request: FastifyRequest<OfBot>) => {
    const bot = await bots.latest(adminOf(request).accountSid, request.params.bot_id);
    return bot && botRead(bot, await addresses.baseOf(bot.accountSid), request);
  };
  const idOf = (request: FastifyRequest) => (request.params as OfBot['Params']).bot_id;
  const config = { audit: { resource: 'bot', before, id: idOf } };

  app.post<{ Body: BotCreate }>(
    '/api/v1/bots',
    {
      preHandler,
      schema: { ...documented('Make a bot', 'createBot'), body: BotCreate, response: { 201: BotRead } },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const wanted = await checked(botInput(request.body, await zoneOf(request, deps)), accountSid, deps);
      const bot = await bots.create(accountSid, wanted);
      return reply.status(201).send(await shown(bot, deps, request, reply));
    },
  );

  app.put<OfBot & { Body: BotUpdate }>(
    '/api/v1/bots/:bot_id',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Change a bot: its next version. Calls that run keep theirs', 'updateBot'),
        description:
          'With "version", or If-Match, only when that is the bot’s version still. A masked secret keeps what was there, unless a URL beside it leads to another server now.',
        ...{ params: BotPath, body: BotUpdate, response: { 200: BotRead } },
      },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const { version, ...sent } = request.body;
      const expected = expectedVersion(version, request.headers['if-match']);
      const timeZone = await zoneOf(request, deps);
      const change = { accountSid, botId: request.params.bot_id, expected };
      const bot = await changeBot(bots, change, (before) =>
        checked(botInput(sent, timeZone, before), accountSid, deps),
      );
      return shown(bot, deps, request, reply);
    },
  );

  app.post<{ Params: { bot_id: string; version: number } }>(
    '/api/v1/bots/:bot_id/versions/:version/restore',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Make an earlier version the next one; credentials stay as they are', 'restoreBotVersion'),
        ...{ params: VersionPath, response: { 200: BotRead } },
      },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const { bot_id: botId, version } = request.params;
      const expected = expectedVersion(undefined, request.headers['if-match']);
      const bot = await changeBot(bots, { accountSid, botId, expected }, async ({ auth }) => {
        const then = (await bots.versions(accountSid, botId))?.find((one) => one.version === version);
        if (then === undefined) throw ApiError.notFound('version');
        return checked(restoredInput(then, auth), accountSid, deps);
      });
      return shown(bot, deps, request, reply);
    },
  );

  app.delete<OfBot>(
    '/api/v1/bots/:bot_id',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Delete a bot that no number and no flow leads to; its calls stay', 'deleteBot'),
        ...{ params: BotPath, response: { 204: Type.Null() } },
      },
    },
    async (request, reply) => {
      if (!(await bots.delete(adminOf(request).accountSid, request.params.bot_id))) throw ApiError.notFound('bot');
      onDeleted?.(request.params.bot_id);
      return reply.status(204).send();
    },
  );
}

/** Zone of hours that name none. */
function zoneOf(request: FastifyRequest, { settings }: BotRoutesDeps): Promise<string> {
  return settings.displayTimezone(adminOf(request).accountSid);
}

/** Throws ApiError when something that the bot needs is not there. */
async function checked(
  { input, needs }: WantedBot,
  accountSid: string,
  { facts }: Pick<BotRoutesDeps, 'facts'>,
): Promise<BotInput> {
  for (const need of needs) {
    const why = need.kind === 'url' ? facts.whyRefused(need.url) : undefined;
    if (why !== undefined) throw ApiError.invalid(`config.${need.at}`, why);
    if (need.kind === 'prompt' && !(await facts.hasPrompt(accountSid, need.promptId)))
      throw ApiError.invalid(`config.${need.at}`, `There is no prompt ${need.promptId}.`);
  }
  return input;
}
