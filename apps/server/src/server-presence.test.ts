import { silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { ServerPresence } from './server-presence.js';
import { HeldClock } from './testing/held-clock.js';

const minute = 60_000;

/** `away`: how long each of the turns finds this server to have been away, milliseconds; an error: the database fails. */
function begin(away: Array<number | undefined | Error> = []) {
  const clock = new HeldClock();
  const swept: number[] = [];
  let said = 0;
  const presence = new ServerPresence({
    servers: {
      async stillHere() {
        said += 1;
        const next = said === 1 || away.length === 0 ? minute : away.shift();
        if (next instanceof Error) throw next;
        return next;
      },
    },
    sweeps: [
      () => Promise.reject(new Error('one that fails holds up no other')),
      async (at) => void swept.push(at.getTime() / minute),
    ],
    ...{ clock, logger: silentLogger },
  });
  const pass = async (minutes: number) => {
    for (let n = 0; n < minutes; n++) await clock.run(minute);
  };
  return { clock, presence, swept, said: () => said, pass };
}

describe('a server among others', () => {
  it('says that it is there before its first call and each minute, and looks after the others', async () => {
    const { clock, presence, swept, said, pass } = begin();
    await presence.start();
    expect(said()).toBe(1);
    await pass(4);
    expect([said(), swept]).toEqual([5, [2, 3, 4]]);
    await presence.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves others alone after the database was away, until they have had time to say that they are there', async () => {
    const down = new Error('no database');
    const { presence, swept, pass } = begin([minute, minute, down, down, 3 * minute, minute, minute]);
    await presence.start();
    await pass(7);
    expect(swept).toEqual([2, 7]);
    await presence.stop();
  });

  it('leaves others alone after it was itself asleep', async () => {
    const { presence, swept, pass } = begin([minute, minute, 60 * minute, minute, minute]);
    await presence.start();
    await pass(5);
    expect(swept).toEqual([2, 5]);
    await presence.stop();
  });
});
