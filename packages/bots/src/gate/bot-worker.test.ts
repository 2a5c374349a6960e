import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { eventually } from '@intermix/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostEvent } from '../host/session-order.js';
import { BotWorker } from './bot-worker.js';

const patience = { timeoutMs: 10_000 };

/** Listens, begins each session that is ordered for `talker`, and dies when one is to be ended. */
const childScript = `
  process.on('message', (message) => {
    if (message.type === 'start') process.send({ type: 'listening', port: 1 });
    if (message.type === 'expect' && message.order.bot.botId === 'talker') {
      process.send({ type: 'started', sessionId: message.order.sessionId, facts: {} });
    }
    if (message.type === 'end') process.exit(3);
    if (message.type === 'stop') process.disconnect();
  });
`;

describe('BotWorker', () => {
  let folder: string;
  let worker: BotWorker;
  const events: Exclude<HostEvent, { type: 'log' }>[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intermix-bot-worker-'));
    const childPath = join(folder, 'child.cjs');
    writeFileSync(childPath, childScript);
    events.length = 0;
    worker = new BotWorker({
      ...{ childPath, maxSessions: 200, allowPrivate: false, clock: systemClock, random: systemRandom },
      ...{ render: async () => '', onEvent: (event) => events.push(event), logger: silentLogger },
    });
    worker.start();
  });
  afterEach(async () => {
    await worker.stop();
    rmSync(folder, { recursive: true });
  });

  let last = 0;
  const admit = (botId: string) =>
    worker.admit({
      ...{ sessionId: `s${++last}`, ticket: `t${last}`, verdict: 'run', maxCallMs: 1_000 },
      bot: { botId, accountSid: 'acc', kind: 'echo', config: {} },
    });
  const listens = () => eventually(() => expect(worker.load).toMatchObject({ calls: 0 }), patience);

  it('has fifty places for the connections of a bot that have not begun a call', async () => {
    expect(admit('talker')).toBe('down');
    await listens();
    for (let i = 0; i < 50; i++) expect(admit('silent')).toEqual({ port: 1 });
    expect(admit('silent')).toBe('full');
    expect(admit('talker')).toEqual({ port: 1 });
    for (let i = 0; i < 60; i++) {
      await eventually(() => expect(admit('talker')).toEqual({ port: 1 }), patience); // Those before have begun.
    }
    expect(worker.load).toMatchObject({ calls: 111, max: 200 });
  });

  it('tells every session of a process that dies, and starts another', async () => {
    await listens();
    admit('talker');
    admit('silent');
    await eventually(() => expect(events.map(({ type }) => type)).toEqual(['started']), patience);
    const { pid } = worker.load as { pid: number };
    worker.end('s-any', 'the test');
    await eventually(() => expect(events).toHaveLength(3), patience);
    expect(events[1]).toMatchObject({ type: 'ended', report: { disconnectedBy: 'error' } });
    expect(events[2]).toMatchObject({ type: 'never-started', why: 'stopped' });
    await listens();
    expect(worker.load).not.toMatchObject({ pid });
  });
});
