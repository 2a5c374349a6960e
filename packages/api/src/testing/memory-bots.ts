import type { BotCall, BotInput, BotStore, BotVersion, StoredBot } from '@intermix/bots';
import type { Clock } from '@intermix/kernel';
import type { ApiDeps } from '../app.js';

export interface MemoryBots extends Omit<ApiDeps['bots'], 'bots'> {
  bots: BotStore;
  /** Calls by their session. */
  kept: Map<string, BotCall>;
}

/** Keeps bots and their calls in memory: the ports as the store implements them. The core secret is `planted-core`. */
export function memoryBots(clock: Clock): MemoryBots {
  const bots = new Map<string, StoredBot>();
  const versions = new Map<string, BotVersion[]>();
  const kept = new Map<string, BotCall>();
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
    bots: {
      create: async (accountSid: string, bot: BotInput) =>
        keep({ ...bot, id: `bot_${bots.size + 1}`, accountSid, version: 1, createdAt: now(), updatedAt: now() }),
      update: async (accountSid, id, bot) => {
        const before = find(accountSid, id);
        return before && keep({ ...before, ...bot, version: before.version + 1 });
      },
      find: async (accountSid, id) => find(accountSid, id),
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
      report: async (call) => {
        if (kept.get(call.sessionId)?.source === 'bot') return false;
        kept.set(call.sessionId, { ...call, startedAt: kept.get(call.sessionId)?.startedAt ?? call.startedAt });
        return true;
      },
    },
    recordingUrlOf: async (_, callSid) => (callSid === 'recorded' ? 'https://pbx.example/r' : undefined),
    coreSecret: 'planted-core',
  };
}
