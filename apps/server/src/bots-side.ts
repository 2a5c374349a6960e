import { fileURLToPath } from 'node:url';
import { BotCalls, type BotCapacity, BotGate, BotWorker, ExotelIngress, exotelPath, ticketUser } from '@intermix/bots';
import type { CallProgram, CallPrograms, ProgramTarget } from '@intermix/calls';
import { createDirectBotProgram, type OpenStream, type PromptFiles, type StreamOpener } from '@intermix/flows';
import type { Clock, Logger, Random } from '@intermix/kernel';
import type { Store } from '@intermix/store';
import type { ActiveStreams } from '@intermix/streaming';

export interface BotsSideOptions {
  store: Pick<Store, 'bots' | 'botCalls'>;
  streams: Pick<ActiveStreams, 'open'>;
  prompts: PromptFiles;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  maxSessions: number;
  /** A provider's key of an account's settings. */
  apiKey: (accountSid: string, provider: string) => Promise<string | undefined>;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface BotsSide {
  /** `WebSocket /exotel/{bot_id}`. */
  readonly ingress: ExotelIngress;
  readonly worker: BotWorker;
  readonly calls: BotCalls;
  /** For health and the fleet. */
  readonly capacity: BotCapacity;
  /** For calls whose flow or number names a bot of the account's own. */
  readonly openStream: StreamOpener;
  /** Bots as programs of calls. */
  readonly programs: CallPrograms;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Joins the process of the bots to the store, to prompts, and to the streams of our own calls. */
export function botsSide(options: BotsSideOptions): BotsSide {
  const { store, prompts, streams, allowPrivate, maxSessions, apiKey, clock, random, logger } = options;
  const calls = new BotCalls({ store: store.botCalls, clock, logger });
  const worker = new BotWorker({
    ...{ maxSessions, allowPrivate, onEvent: calls.handleEvent, clock, random, logger },
    childPath: fileURLToPath(new URL('./bot-child.js', import.meta.url)),
    render: async (accountSid, prompt) => (await prompts.fileFor(accountSid, prompt)).path,
  });
  const gate = new BotGate({ bots: store.bots, worker, apiKey, clock, random });
  const openStream: StreamOpener = async (attach, { botId = '', ...request }) => {
    const admission = await gate.admitCall(request.accountSid, botId);
    const streamUrl = exotelPath + botId;
    if (!admission.ok) return refusedStream(streamUrl, admission.why);
    // On loopback, straight to the process: whatever the HTTP port speaks, and whatever customers' URLs may name.
    const url = `ws://${ticketUser}:${admission.ticket}@127.0.0.1:${admission.port}${streamUrl}`;
    const stream = await streams.open(attach, { ...request, url, allowPrivate: true });
    const ended = stream.ended.then((end) => ({ ...end, streamUrl }));
    return { streamSid: stream.streamSid, ended, stop: () => stream.stop() };
  };
  return {
    ingress: new ExotelIngress({ gate, logger }),
    ...{ worker, calls, openStream, capacity: { workers: () => [worker.load] } },
    programs: { find: (accountSid, target) => programOf(accountSid, target, { store, openStream }) },
    async start() {
      const closed = await store.botCalls.failOpen(new Date(clock.now()));
      if (closed > 0)
        logger.warn({ calls: closed }, "bots' calls that were open when the server died are closed as failed");
      worker.start();
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

function refusedStream(streamUrl: string, error: string): OpenStream {
  const nothing = { disconnectedBy: 'NA', durationSec: 0, streamUrl, streamSid: '' } as const;
  return { streamSid: '', ended: Promise.resolve({ status: 'failed', error, ...nothing }), stop() {} };
}
