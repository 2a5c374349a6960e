// The switch alone, as a process: one UDP socket, stores in memory, no audio. Started by the signalling benchmarks.
// argv: port, number of users u0… ; IPC: 'profile' and 'stop-profile' (gives the V8 CPU profile), 'delay' (event loop).
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createSwitchboard } from '@intermix/calls';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { Endpoint } from '@intermix/sip';
import { UdpTransport } from '@intermix/sip/node';
import { dialled, domain, MemoryCalls, MemoryDirectory, probed } from './memory-stores.mjs';
import { SilentMedia } from './silent-media.mjs';

const [port, users] = process.argv.slice(2).map(Number);
const directory = new MemoryDirectory();
for (let i = 0; i < users; i++) directory.addUser(`u${i}`);
directory.addDid(dialled, 'u0');
directory.addDid(probed, 'u1');

const resolver = {
  resolve: async (uri) => [{ protocol: 'UDP', address: { host: uri.host, port: uri.port ?? 5060 } }],
};
const common = { clock: systemClock, random: systemRandom, logger: silentLogger };
const transports = [new UdpTransport({ host: '127.0.0.1', port })];
const endpoint = new Endpoint({ transports, resolver, userAgent: 'Intermix bench', ...common });
const board = createSwitchboard({
  ...{ endpoint, media: new SilentMedia(), users: directory, carriers: directory, calls: new MemoryCalls(), resolver },
  ...common,
  config: { domains: [domain.slice('bench.'.length)], maxCalls: 100_000 },
});
await board.start();
await endpoint.start();

// The server of the product samples every 10 ms too: what is measured is not to be the measuring.
const tickMs = 10;
const delay = monitorEventLoopDelay({ resolution: tickMs });
delay.enable();
const session = new Session();
const answers = {
  async profile() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
    return 'on';
  },
  async 'stop-profile'() {
    return (await session.post('Profiler.stop')).profile;
  },
  async delay() {
    const p99Ms = delay.percentile(99) / 1e6 - tickMs;
    delay.reset();
    return { p99Ms, counts: endpoint.counts, rssMb: process.memoryUsage.rss() / 2 ** 20 };
  },
};
process.on('message', async (name) => process.send(await answers[name]()));
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
process.send('ready');
