import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostEvent } from '../host/session-order.js';
import { BotWorker } from './bot-worker.js';

const patience = { timeoutMs: 10_000 };

/** Comes up and never listens. */
const deafScript = `process.on('message', () => {}); process.on('disconnect', () => process.exit(0));`;
/** Does not end when it is told to. */
const stubbornScript = `
  process.on('message', (message) => message.type === 'start' && process.send({ type: 'listening', port: 1 }));
  process.on('disconnect', () => {});
  setInterval(() => {}, 1_000);
`;

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

/** Ends each session that it is told to end. */
const endingScript = `
  process.on('message', (message) => {
    if (message.type === 'start') process.send({ type: 'listening', port: 1 });
    if (message.type === 'end') process.send({ type: 'never-started', sessionId: message.sessionId, why: 'stopped' });
    if (message.type === 'stop') process.disconnect();
  });
`;

describe('BotWorker', () => {
  let folder: string;
  let worker: BotWorker;
  const events: Exclude<HostEvent, { type: 'log' }>[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intermix-bot-worker-'));
    events.length = 0;
  });
  afterEach(async () => {
    await worker.stop();
    rmSync(folder, { recursive: true });
  });

  function begin(text: string, clock: Clock = systemClock): BotWorker {
    const childPath = script(text);
    worker = new BotWorker({
      ...{ childPath, maxSessions: 200, allowPrivate: false, clock, random: systemRandom },
      ...{ render: async () => '', onEvent: (event) => events.push(event), logger: silentLogger },
    });
    worker.start();
    return worker;
  }

  function script(text: string): string {
    const path = join(folder, 'child.cjs');
    writeFileSync(path, text);
    return path;
  }

  let last = 0;
  const admit = (botId: string, isAnonymous = true) =>
    worker.admit({
      ...{ sessionId: `s${++last}`, ticket: `t${last}`, verdict: 'run', maxCallMs: 1_000, hops: 0, isAnonymous },
      bot: { botId, accountSid: 'acc', kind: 'echo', config: {} },
    });
  const listens = () => eventually(() => expect(worker.load).toMatchObject({ calls: 0 }), patience);

  it('has fifty places for the connections of a bot that have not begun a call', async () => {
    begin(childScript);
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

  it('has half of its places for those of a bot who had to show nothing', async () => {
    begin(childScript);
    await listens();
    for (let i = 0; i < 100; i++) await eventually(() => expect(admit('talker')).toEqual({ port: 1 }), patience);
    await eventually(() => expect(events).toHaveLength(100), patience); // All have begun.
    expect(admit('talker')).toBe('full');
    expect(admit('talker', false)).toEqual({ port: 1 });
    expect(admit('silent')).toEqual({ port: 1 });
  });

  it('tells every session of a process that dies, and starts another', async () => {
    begin(childScript);
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

  it('starts another when the process could not even be made, and stops all the same', async () => {
    const clock = new FakeClock();
    const { execPath } = process;
    process.execPath = join(folder, 'nothing');
    try {
      begin(childScript, clock);
      await eventually(() => expect(clock.nextTimerInMs).toBeLessThanOrEqual(200), patience); // The restart.
      expect(worker.load).toEqual({ id: '1', status: 'unreachable' });
      clock.advance(200);
      await eventually(() => expect(clock.nextTimerInMs).toBeLessThanOrEqual(400), patience);
    } finally {
      process.execPath = execPath;
    }
    clock.advance(400);
    await eventually(() => expect(worker.load).toMatchObject({ calls: 0 }), patience);
    await worker.stop();
    process.execPath = join(folder, 'nothing');
    begin(childScript, clock);
    process.execPath = execPath;
    await worker.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('kills a process that does not listen in a minute, and starts another', async () => {
    const clock = new FakeClock();
    begin(deafScript, clock);
    clock.advance(59_999);
    script(childScript); // The next one is sound.
    clock.advance(1);
    await eventually(() => expect(clock.nextTimerInMs).toBeLessThanOrEqual(200), patience);
    clock.advance(200);
    await eventually(() => expect(worker.load).toMatchObject({ calls: 0 }), patience);
    await worker.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('kills a process that does not end', async () => {
    const clock = new FakeClock();
    begin(stubbornScript, clock);
    await listens();
    const stopped = worker.stop();
    clock.advance(5_000);
    await stopped;
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends the sessions of a bot, and of no other', async () => {
    begin(endingScript);
    await listens();
    for (const botId of ['deleted', 'kept', 'deleted']) {
      const bot = { botId, accountSid: 'acc', kind: 'echo', config: {} };
      worker.admit({
        sessionId: `${botId}-${++last}`,
        ticket: 't',
        verdict: 'run',
        maxCallMs: 1_000,
        hops: 0,
        isAnonymous: true,
        bot,
      });
    }
    worker.endBot('deleted', 'The bot was deleted.');
    await eventually(() => expect(worker.load).toMatchObject({ calls: 1 }), patience);
    expect(events.map((event) => ('sessionId' in event ? event.sessionId.split('-')[0] : ''))).toEqual([
      'deleted',
      'deleted',
    ]);
  });
});
