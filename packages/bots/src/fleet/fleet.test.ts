import { OutboundClient } from '@intermix/outbound';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { BotAuth } from '../ports/bot-store.js';
import { type Answering, answerWith, type FakeExotel, startFakeExotel } from '../testing/fake-exotel.js';
import type { BotWorkerLoad } from './bot-capacity.js';
import { Fleet } from './fleet.js';
import { serverHealthOf } from './fleet-health.js';
import { fleetHealthOf, workerHealthOf } from './own-health.js';
import { urlOnFleet } from './url-on-fleet.js';

const health = (calls: number, max: number, available = max - calls) =>
  JSON.stringify({ status: 'ok', fleet_calls: calls, fleet_max: max, fleet_available: available, workers: [{}, {}] });

describe('reading the health of a server', () => {
  it('takes the counts of one that is well', () => {
    expect(serverHealthOf(health(3, 16))).toEqual({ status: 'healthy', calls: 3, max: 16, available: 13, workers: 2 });
    expect(serverHealthOf(health(0, 0))).toMatchObject({ status: 'healthy', available: 0 });
  });

  it.each([
    ['no JSON', 'ok'],
    ['a list', '[]'],
    ['null', 'null'],
    ['another status', health(0, 1).replace('"ok"', '"degraded"')],
    ['no status', '{"fleet_calls":0,"fleet_max":1,"fleet_available":1,"workers":[]}'],
    ['a negative count', health(-1, 16, 16)],
    ['a fraction', health(0.5, 16, 15)],
    ['a text for a count', health(0, 1).replace('"fleet_max":1', '"fleet_max":"1"')],
    ['a count that no number holds', health(0, 1).replace('"fleet_max":1', '"fleet_max":1e300')],
    ['true for a count', health(0, 1).replace('"fleet_calls":0', '"fleet_calls":true')],
    ['more room than capacity', health(0, 16, 17)],
    ['workers that are no list', health(0, 16).replace('[{},{}]', '{"length":2}')],
  ])('does not count one with %s', (_, text) => {
    expect(serverHealthOf(text)).toEqual({ status: 'unreachable', problem: expect.stringMatching(/^Its .+\.$/) });
  });
});

describe('the fleet', () => {
  const servers: FakeExotel[] = [];
  const clients: OutboundClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const server of servers.splice(0)) await server.close();
  });

  /** A fleet of servers that answer so; and their addresses. */
  async function begin(answers: readonly Answering[], fraction = 0) {
    const clock = new FakeClock();
    const client = new OutboundClient({ clock, allowPrivate: true });
    clients.push(client);
    const urls: string[] = [];
    for (const answer of answers) {
      const server = await startFakeExotel();
      server.answer = answer;
      servers.push(server);
      urls.push(server.baseUrl);
    }
    const addresses = { coreFleet: async (accountSid: string) => (accountSid === 'one' ? urls : []) };
    return { clock, urls, fleet: new Fleet({ addresses, client, random: { fraction: () => fraction } }) };
  }

  it('sums up the healthy servers, and says of the others what is wrong', async () => {
    const { fleet, urls } = await begin([
      answerWith(200, health(3, 16)),
      answerWith(503, health(0, 16)),
      answerWith(200, health(1, 4)),
    ]);
    expect(await fleet.status('one')).toEqual({
      total_capacity: 20,
      active_calls: 4,
      available: 16,
      workers: [
        {
          url: urls[0],
          status: 'healthy',
          total_capacity: 16,
          total_available: 13,
          worker_calls: 3,
          workers: 2,
          problem: '',
        },
        {
          ...{
            url: urls[1],
            status: 'unreachable',
            total_capacity: 0,
            total_available: 0,
            worker_calls: 0,
            workers: 0,
          },
          problem: 'It answered with status 503.',
        },
        {
          url: urls[2],
          status: 'healthy',
          total_capacity: 4,
          total_available: 3,
          worker_calls: 1,
          workers: 2,
          problem: '',
        },
      ],
    });
    expect(servers[0]?.requests[0]).toMatchObject({ method: 'GET', path: '/health/fleet' });
    expect(await fleet.status('two')).toEqual({ total_capacity: 0, active_calls: 0, available: 0, workers: [] });
  });

  it('gives a call to the server with most room', async () => {
    const { fleet, urls } = await begin([10, 2, 7].map((calls) => answerWith(200, health(calls, 16))));
    expect(await fleet.chooseFleetServer('one')).toBe(urls[1]);
  });

  it('gives it to any of those that have the same room', async () => {
    const answers = [5, 2, 2, 9].map((calls) => answerWith(200, health(calls, 16)));
    for (const [fraction, at] of [
      [0, 1],
      [0.49, 1],
      [0.5, 2],
      [0.999, 2],
    ] as const) {
      const { fleet, urls } = await begin(answers, fraction);
      expect(await fleet.chooseFleetServer('one')).toBe(urls[at]);
    }
  });

  it('has a bot opened there with the credentials that it wants', async () => {
    const { fleet, urls } = await begin([answerWith(200, health(1, 16))]);
    const base = `${urls[0]?.replace('http', 'ws')}/exotel/bot_1`;
    const bot = (auth: BotAuth) => ({ id: 'bot_1', accountSid: 'one', auth });
    expect(await urlOnFleet(fleet, bot({ type: 'none' }))).toBe(base);
    expect(await urlOnFleet(fleet, bot({ type: 'token', token: 'a&b' }))).toBe(`${base}?token=a%26b`);
    const basic = new URL(await urlOnFleet(fleet, bot({ type: 'basic', username: 'u', password: 'p@s:s/%' })));
    expect([basic.username, decodeURIComponent(basic.password)]).toEqual(['u', 'p@s:s/%']);
    await expect(urlOnFleet(fleet, { ...bot({ type: 'none' }), accountSid: 'two' })).rejects.toThrow(
      'No healthy fleet',
    );
  });

  it.each([
    ['there is none', []],
    ['all are full', [answerWith(200, health(16, 16))]],
    ['none is well', [answerWith(200, 'x'), answerWith(302, ''), answerWith(200, 'y'.repeat(1_000_000))]],
  ])('has no server when %s', async (_, answers) => {
    const { fleet } = await begin(answers);
    await expect(fleet.chooseFleetServer('one')).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: 'No healthy fleet server available',
    });
  });

  it('passes over, for a call that waits, who does not answer in time, and who has sent it', async () => {
    const { fleet, urls, clock } = await begin([
      answerWith(200, health(0, 16)),
      () => undefined,
      answerWith(200, health(9, 16)),
    ]);
    const chosen = fleet.chooseFleetServer('one', { withinMs: 2_000, except: `${urls[0]}/` });
    await eventually(() => expect(servers.map(({ requests }) => requests.length)).toEqual([0, 1, 1]));
    await clock.advance(2_000);
    expect(await chosen).toBe(urls[2]);
  });

  it('waits 20 s for a server, and asks all at the same time', async () => {
    const { fleet, clock } = await begin([() => undefined, () => undefined]);
    const asked = fleet.status('one');
    await eventually(() => expect(servers.map(({ requests }) => requests.length)).toEqual([1, 1]));
    await clock.advance(20_000);
    expect((await asked).workers.map(({ status }) => status)).toEqual(['unreachable', 'unreachable']);
  });
});

describe('the health of this server', () => {
  const workers: BotWorkerLoad[] = [
    { id: '1', calls: 3, max: 4, pid: 11 },
    { id: '2', status: 'unreachable' },
    { id: '3', calls: 1, max: 4, pid: 13 },
  ];

  it('is told of all its workers, as the fleet reads it', () => {
    const told = fleetHealthOf({ workers: () => workers });
    expect(told).toEqual({ status: 'ok', fleet_calls: 4, fleet_max: 8, fleet_available: 4, workers });
    expect(serverHealthOf(JSON.stringify(told))).toMatchObject({ status: 'healthy', available: 4, workers: 3 });
    expect(JSON.stringify(told)).toMatch(/"fleet_available":4[,}]/);
  });

  it('is told of the worker with most room', () => {
    expect(workerHealthOf({ workers: () => workers }, 1)).toEqual({
      ...{ status: 'ok', worker_calls: 1, worker_max: 4, total_capacity: 8, total_available: 4, workers: 3 },
      ...{ worker_id: '3', worker_pid: 13 },
    });
  });

  it('has no room without workers', () => {
    const none = { workers: () => [] };
    expect(fleetHealthOf(none)).toMatchObject({ fleet_max: 0, fleet_available: 0, workers: [] });
    expect(workerHealthOf(none, 7)).toMatchObject({ total_available: 0, worker_id: '0', worker_pid: 7 });
  });
});
