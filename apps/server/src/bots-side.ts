import { fileURLToPath } from 'node:url';
import { BotCalls, type BotCapacity, BotGate, BotWorker, ExotelIngress, type Fleet } from '@intermix/bots';
import type { CallProgram, CallPrograms, ProgramTarget } from '@intermix/calls';
import { createDirectBotProgram, type PromptFiles, type StreamOpener } from '@intermix/flows';
import type { Clock, Logger, Random } from '@intermix/kernel';
import type { Store } from '@intermix/store';
import type { ActiveStreams } from '@intermix/streaming';
import { botStreams } from './bot-streams.js';
import { sourceAddressOf } from './http/source-address.js';
import type { BotCounts } from './metrics/bot-metrics.js';

export interface BotsSideOptions {
  store: Pick<Store, 'bots' | 'botCalls'>;
  streams: Pick<ActiveStreams, 'open'>;
  prompts: PromptFiles;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  /** Reverse proxies, of whose requests the source is who came to them. */
  trustedProxies: readonly string[] | undefined;
  /** The WebSocket of a bot as others reach it: what its calls are told. */
  streamUrlOf: (accountSid: string, botId: string) => Promise<string>;
  maxSessions: number;
  /** A provider's key of an account's settings. */
  apiKey: (accountSid: string, provider: string) => Promise<string | undefined>;
  /** Asked late: where bots of our calls run when this server takes no more. */
  fleet: () => Pick<Fleet, 'chooseFleetServer'>;
  /** INTERMIX_PUBLIC_URL. */
  ownUrl: string | undefined;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface BotsSide {
  /** `WebSocket /exotel/{bot_id}`. */
  readonly ingress: ExotelIngress;
  /** For the metrics. */
  readonly counts: Omit<BotCounts, 'capacity'>;
  /** For health and the fleet. */
  readonly capacity: BotCapacity;
  /** For calls whose flow or number names a bot of the account's own. */
  readonly openStream: StreamOpener;
  /** Bots as programs of calls. */
  readonly programs: CallPrograms;
  /** A bot was deleted: its sessions end. */
  readonly deleted: (botId: string) => void;
  start(): Promise<void>;
  /** Closes the calls of bots on servers that are not there any more. */
  closeOfGone(at: Date): Promise<void>;
  stop(): Promise<void>;
}

/** Joins the process of the bots to the store, to prompts, and to the streams of our own calls. */
export function botsSide(options: BotsSideOptions): BotsSide {
  const { store, prompts, streams, allowPrivate, trustedProxies, streamUrlOf, maxSessions } = options;
  const { apiKey, fleet, ownUrl, clock, random, logger } = options;
  const calls = new BotCalls({ store: store.botCalls, clock, logger });
  const worker = new BotWorker({
    ...{ maxSessions, allowPrivate, onEvent: calls.handleEvent, clock, random, logger },
    childPath: fileURLToPath(new URL('./bot-child.js', import.meta.url)),
    render: async (accountSid, prompt) => (await prompts.fileFor(accountSid, prompt)).path,
  });
  const gate = new BotGate({ bots: store.bots, worker, apiKey, clock, random });
  const openStream = botStreams({
    gate,
    streams,
    streamUrlOf,
    overflow: { bots: store.bots, fleet, allowPrivate, ownUrl },
  });
  const ingress = new ExotelIngress({ gate, sourceOf: sourceAddressOf(trustedProxies), logger });
  return {
    counts: { refused: ingress.refused, neverStarted: calls.neverStarted, ended: calls.ended },
    ...{ ingress, openStream, capacity: { workers: () => [worker.load] } },
    programs: { find: (accountSid, target) => programOf(accountSid, target, { store, openStream }) },
    deleted: (botId) => gate.endBot(botId, 'The bot was deleted.'),
    async start() {
      const closed = await store.botCalls.failOpen(new Date(clock.now()), 'own');
      if (closed > 0)
        logger.warn({ calls: closed }, "bots' calls that were open when the server died are closed as failed");
      worker.start();
    },
    async closeOfGone(at) {
      const closed = await store.botCalls.failOpen(at, 'gone');
      if (closed > 0) logger.warn({ calls: closed }, "bots' calls of servers that are gone are closed as failed");
    },
    async stop() {
      await worker.stop();
      await calls.stop();
    },
  };
}

async function programOf(
  accountSid: string,
  target: ProgramTarget,
  { store, openStream }: { store: BotsSideOptions['store']; openStream: StreamOpener },
): Promise<CallProgram | undefined> {
  if (target.type !== 'bot') return undefined;
  const bot = await store.bots.find(accountSid, target.botId);
  return bot && createDirectBotProgram({ streamUrl: '', botId: bot.id }, { openStream });
}
