// A process that writes calls to a data folder and names on its output each one that the store acknowledged, until it
// is killed. Started by a test: node acknowledging-writer.js <dataDir> <accountSid>
import { writeSync } from 'node:fs';
import { silentLogger } from '@intermix/kernel';
import { openStore, type Store } from '../open-store.js';
import { newCall, newEvent, newLeg } from './tenant.js';

const [dataDir = '', accountSid = ''] = process.argv.slice(2);

/** Synchronous: a line that was written is with the test even when this process is killed in the next instruction. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function writeForEver(store: Store): Promise<never> {
  for (;;) {
    const call = newCall(accountSid);
    const { callSid } = call;
    const leg = newLeg(callSid, 'caller');
    await store.calls.create(call, [leg], [newEvent(callSid, 'created')]);
    say(`created ${callSid}`);
    await store.calls.apply({
      call: { callSid, status: 'completed', endedAt: new Date(), durationSec: 7 },
      legs: [{ legId: leg.legId, status: 'completed', endedAt: new Date() }],
      events: [newEvent(callSid, 'ended')],
    });
    say(`ended ${callSid}`);
  }
}

say('started');
const store = await openStore({ dataDir, logger: silentLogger });
say('open');
await Promise.all(Array.from({ length: 8 }, () => writeForEver(store)));
