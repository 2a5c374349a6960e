import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { meterBots } from './bot-metrics.js';

it('tells what the bots have counted, each time it is asked', async () => {
  const registry = new Registry();
  const refused = new Map([[404, 2]]);
  const neverStarted = new Map([['silent', 3]]);
  const ended = new Map<string, number>();
  let workers: ReturnType<Parameters<typeof meterBots>[1]['capacity']['workers']> = [
    { id: '1', status: 'unreachable' },
  ];
  meterBots([registry], { refused, neverStarted, ended, capacity: { workers: () => workers } });
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
  expect(await lines()).toEqual([
    'intermix_bot_connections_refused_total{status="404"} 2',
    'intermix_bot_connections_never_started_total{why="silent"} 3',
    'intermix_bot_sessions 0',
    'intermix_bot_sessions_max 0',
  ]);
  refused.set(429, 1);
  ended.set('customer', 1);
  workers = [{ id: '1', calls: 7, max: 200, pid: 1 }];
  expect(await lines()).toEqual([
    'intermix_bot_connections_refused_total{status="404"} 2',
    'intermix_bot_connections_refused_total{status="429"} 1',
    'intermix_bot_connections_never_started_total{why="silent"} 3',
    'intermix_bot_calls_ended_total{by="customer"} 1',
    'intermix_bot_sessions 7',
    'intermix_bot_sessions_max 200',
  ]);
});
