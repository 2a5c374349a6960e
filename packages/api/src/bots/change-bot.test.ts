import type { BotInput, StoredBot } from '@intermix/bots';
import { expect, it } from 'vitest';
import { changeBot } from './change-bot.js';

const stored = (more: Partial<StoredBot>): StoredBot => ({
  ...{ id: 'bot_1', accountSid: 'one', name: 'Echo', kind: 'echo', config: {}, auth: { type: 'none' }, version: 1 },
  ...{ activeHours: undefined, maxCallSec: 600, createdAt: new Date(0), updatedAt: new Date(0), ...more },
});

/** A store in which somebody else makes a version while ours is being made, so many times. */
function begin(others: number) {
  let now = stored({});
  let left = others;
  return {
    latest: async () => now,
    async update(_accountSid: string, _botId: string, bot: BotInput, version?: number) {
      if (left-- > 0) now = { ...now, maxCallSec: now.maxCallSec + 1, version: now.version + 1 };
      if (version !== now.version) return undefined;
      now = { ...now, ...bot, version: now.version + 1 };
      return now;
    },
  };
}
const renamed = async (before: StoredBot): Promise<BotInput> => ({ ...before, name: 'Other' });
const asked = { accountSid: 'one', botId: 'bot_1' };

it('makes the change on top of what somebody else changed meanwhile', async () => {
  expect(await changeBot(begin(2), asked, renamed)).toMatchObject({ name: 'Other', maxCallSec: 602, version: 4 });
});

it('is told to whoever named the version that they had read', async () => {
  const late = changeBot(begin(1), { ...asked, expected: 1 }, renamed);
  await expect(late).rejects.toMatchObject({
    status: 409,
    field: 'version',
    message: expect.stringContaining('version 2'),
  });
});

it('gives up when others never rest, and when the bot is gone', async () => {
  await expect(changeBot(begin(99), asked, renamed)).rejects.toMatchObject({ status: 409, field: 'version' });
  const gone = { ...begin(0), latest: async () => undefined };
  await expect(changeBot(gone, asked, renamed)).rejects.toMatchObject({ status: 404 });
});
