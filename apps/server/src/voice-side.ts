import type { OrderedStream, VoiceDeps } from '@intermix/api';
import { type CallPrograms, type Switchboard, toE164 } from '@intermix/calls';
import { createDirectBotProgram, flowIdOfUrl, type StreamOpener } from '@intermix/flows';
import type { Clock, Logger, Random } from '@intermix/kernel';
import type { PromptFiles } from '@intermix/speech';
import type { Store } from '@intermix/store';
import type { StatusCallbacks } from '@intermix/webhooks';
import { OrderStreams } from './voice/order-streams.js';
import { VoiceOrders } from './voice/voice-orders.js';

export interface VoiceSideOptions {
  store: Store;
  switchboard: Switchboard;
  prompts: Pick<PromptFiles, 'fileFor'>;
  statusCallbacks: StatusCallbacks;
  flows: CallPrograms;
  openStream: StreamOpener;
  streams: VoiceDeps['streams'];
  recordings: VoiceDeps['recordings'];
  urlRule: VoiceDeps['urlRule'];
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface VoiceSide {
  /** For the API. */
  readonly deps: VoiceDeps;
  /** Takes up the orders that this server's last process was trying again. Before the first call. */
  start(): Promise<void>;
  /** Tells how the orders ended of servers that are not there any more. */
  tellOfGone(): Promise<void>;
  stop(): void;
}

/** Joins the Voice v1 API to the store, the switch, flows, prompts and streams. */
export function voiceSide(options: VoiceSideOptions): VoiceSide {
  const { store, switchboard, flows, openStream, streams, recordings, urlRule } = options;
  const { statusCallbacks, prompts, clock, random, logger } = options;
  const programs: VoiceDeps['programs'] = {
    flowIdOfUrl,
    findFlow: (accountSid, flowId) => flows.find(accountSid, { type: 'flow', flowId }),
    bot: ({ stream, recording, timeLimitSec }) =>
      createDirectBotProgram({ streamUrl: stream.url, record: recording, timeLimitSec }, { openStream }),
    streamProblem: (url) => streamProblem(url, urlRule),
  };
  const orders = new VoiceOrders({
    ...{ switch: switchboard.switch, orders: store.voiceOrders, calls: store.calls },
    ...{ statusCallbacks, prompts, programs, clock, random, logger },
    streams: new OrderStreams({ switch: switchboard.switch, openStream, logger }),
  });
  const deps: VoiceDeps = {
    accounts: store.tenants,
    users: store.voiceUsers,
    numbers: {
      read: async (accountSid, text) => toE164(text, await countryOf(store, accountSid)),
      listDids: (accountSid) => store.carriers.listDids(accountSid),
    },
    orders,
    programs,
    archive: store.voiceCalls,
    recordings,
    streams,
    urlRule,
  };
  return { deps, start: () => orders.start(), tellOfGone: () => orders.tellOfGone(), stop: () => orders.stop() };
}

function streamProblem(url: OrderedStream['url'], urlRule: VoiceSideOptions['urlRule']): string | undefined {
  if (/^(wss?|https?):\/\//i.test(url)) return urlRule(url);
  return 'it must begin with wss:// or ws://, or with https:// for an address that gives one.';
}

/** Numbers without a prefix are read as those that are dialled: in the country of the account's first carrier. */
async function countryOf(store: Store, accountSid: string): Promise<{ country?: string }> {
  const dids = await store.carriers.listDids(accountSid);
  const first = dids.find(({ direction }) => direction !== 'inbound');
  const carrier = (await store.carriers.listCarriers()).find(({ id }) => id === first?.carrierId);
  return carrier?.destinationCountry === undefined ? {} : { country: carrier.destinationCountry };
}
