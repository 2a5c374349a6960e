import type { BotCall, BotInput, BotStore, BotVersion, StoredBot } from '@intermix/bots';
import type { Clock } from '@intermix/kernel';
import type { ApiDeps } from '../app.js';

export interface MemoryBots extends Omit<ApiDeps['bots'], 'bots'> {
  bots: BotStore;
  /** Calls by their session. */
  kept: Map<string, BotCall>;
  /** Whose recordings were asked for, of which calls. The call `recorded` has one. */
  askedRecordings: Array<[accountSid: string, callSids: readonly string[]]>;
  /** Of which it was told that they are no more. */
  deleted: string[];
}

/** Of a reported call, what nobody has told. */
const unknown = {
  ...{ streamSid: '', callSid: '', from: '', to: '', disconnectedBy: undefined, detail: undefined, durationMs: 0 },
  ...{ source: 'reported', customParameters: {}, transcript: [], events: [], usage: {}, latencySamples: [] },
} as const;

/** Keeps bots and their calls in memory: the ports as the store implements them. The core secret is `planted-core`. */
export function memoryBots(clock: Clock): MemoryBots {
  const bots = new Map<string, StoredBot>();
  const versions = new Map<string, BotVersion[]>();
  const kept = new Map<string, BotCall>();
  const askedRecordings: MemoryBots['askedRecordings'] = [];
  const deleted: string[] = [];
  const now = () => new Date(clock.now());
  const keep = (bot: StoredBot): StoredBot => {
    bots.set(bot.id, bot);
    versions.set(bot.id, [{ ...bot, createdAt: now() }, ...(versions.get(bot.id) ?? [])]);
    return bot;
  };
  const find = (accountSid: string, id: string) => {
    const bot = bots.get(id);
    return bot?.accountSid === accountSid ? bot : undefined;
  };
  return {
    deleted,
    onDeleted: (botId) => void deleted.push(botId),
    bots: {
      create: async (accountSid: string, bot: BotInput) =>
        keep({ ...bot, id: `bot_${bots.size + 1}`, accountSid, version: 1, createdAt: now(), updatedAt: now() }),
      update: async (accountSid, id, bot, version) => {
        const before = find(accountSid, id);
        if (version !== undefined && before?.version !== version) return undefined;
        return before && keep({ ...before, ...bot, version: before.version + 1 });
      },
      find: async (accountSid, id) => find(accountSid, id),
      latest: async (accountSid, id) => find(accountSid, id),
      findAnywhere: async (id) => bots.get(id),
      list: async (accountSid) => [...bots.values()].filter((bot) => bot.accountSid === accountSid),
      versions: async (accountSid, id) => (find(accountSid, id) ? versions.get(id) : undefined),
      delete: async (accountSid, id) => find(accountSid, id) !== undefined && bots.delete(id),
    },
    kept,
    calls: {
      list: async ({ accountSid, botId, limit }) => {
        const found = [...kept.values()].filter((call) => call.accountSid === accountSid);
        return {
          calls: found.filter((call) => (botId ?? call.botId) === call.botId).slice(0, limit),
          nextCursor: undefined,
        };
      },
      find: async (accountSid, sessionId) => {
        const call = kept.get(sessionId);
        return call?.accountSid === accountSid ? call : undefined;
      },
      ownerOf: async (sessionId) => kept.get(sessionId),
      report: async ({ details, status, startedAt, ...told }) => {
        const before = kept.get(told.sessionId);
        if (before?.source === 'bot') return undefined;
        const changed = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
        const known = before?.status === 'in-progress' ? undefined : before?.status;
        const call = { ...(before ?? { ...unknown, startedAt }), ...changed } as BotCall;
        call.status = status ?? known ?? 'completed';
        call.details = { ...before?.details, ...details };
        kept.set(call.sessionId, call);
        return call.status;
      },
    },
    async recordingUrlsOf(accountSid, callSids) {
      askedRecordings.push([accountSid, callSids]);
      return new Map(callSids.includes('recorded') ? [['recorded', 'https://pbx.example/r']] : []);
    },
    askedRecordings,
    coreSecret: 'planted-core',
  };
}
