import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { BotGate } from '../gate/bot-gate.js';
import { ExotelIngress } from '../gate/exotel-ingress.js';
import { BotHost } from '../host/bot-host.js';
import { botOutside } from '../host/outside.js';
import { botKinds } from '../kinds/bot-kinds.js';
import type { BotAuth, StoredBot } from '../ports/bot-store.js';
import { BotCalls } from '../results/bot-calls.js';
import type { BotKind } from '../session/bot.js';
import { type SessionLimits, usualLimits } from '../session/session-limits.js';

/** The whole way in to bots on a real HTTP server, with the sessions in this process and stores in memory. */
export async function startBotDoor(
  options: { limits?: Partial<SessionLimits>; kinds?: ReadonlyMap<string, BotKind<never>>; gateClock?: Clock } = {},
) {
  const bots = new Map<string, StoredBot>();
  /** What became of sessions: `in-progress`, or who ended them. */
  const rows = new Map<string, string>();
  const common = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const calls = new BotCalls({
    store: {
      begin: async ({ sessionId }) => void rows.set(sessionId, 'in-progress'),
      finish: async ({ sessionId }, { disconnectedBy }) => void rows.set(sessionId, disconnectedBy),
    },
    ...common,
  });
  const { limits, kinds = botKinds } = options;
  const host = new BotHost({
    ...{ kinds, outside: botOutside({ clock: systemClock, allowPrivate: false }), ...common },
    tell: (event) => event.type !== 'log' && calls.handleEvent(event),
    render: async () => Promise.reject(new Error('no voice')),
    limits: { ...usualLimits, ...limits },
  });
  const hostPort = await host.listen();
  /** How many more are let in, and where they are taken. */
  const room = { left: Number.POSITIVE_INFINITY, port: hostPort };
  const lookups = { delay: async () => {} };
  const gate = new BotGate({
    bots: {
      find: async (_, id) => bots.get(id),
      async findAnywhere(id) {
        await lookups.delay();
        return bots.get(id);
      },
    },
    worker: {
      admit(order) {
        if (room.left-- <= 0) return 'full';
        host.expect(order);
        return { port: room.port };
      },
      end: (sessionId, why) => host.end(sessionId, why),
      endBot: () => {},
    },
    ...{ ...common, clock: options.gateClock ?? systemClock },
  });
  const ingress = new ExotelIngress({ gate, logger: silentLogger });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    ingress.handleUpgrade(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    ...{ rows, calls, host, hostPort, ingress, room, lookups, port, url: `ws://127.0.0.1:${port}/exotel` },
    /** Makes an echo bot, unless told otherwise; gives its id. */
    bot(id: string, auth: BotAuth = { type: 'none' }, more: Partial<StoredBot> = {}): string {
      const at = new Date(0);
      const whole = { id, accountSid: 'acc', name: id, kind: 'echo', config: { delay_ms: 0 }, version: 1, auth };
      bots.set(id, { ...whole, activeHours: undefined, maxCallSec: 600, createdAt: at, updatedAt: at, ...more });
      return id;
    },
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    async stop() {
      await host.stop();
      await calls.stop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type BotDoor = Awaited<ReturnType<typeof startBotDoor>>;
