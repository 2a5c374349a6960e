import type { ApiDeps } from '@intermix/api';
import { type FlowFacts, FlowPrograms, type PromptFiles, RecordedMessages, type StreamOpener } from '@intermix/flows';
import type { Clock, Logger } from '@intermix/kernel';
import { OutboundClient, OutboundError } from '@intermix/outbound';
import type { RecordingService } from '@intermix/recordings';
import type { Store } from '@intermix/store';
import type { ActiveStreams } from '@intermix/streaming';
import { messageRecordings, type Recorder } from './message-recordings.js';

/** Also tells where the recording of a call will be had. */
type CallRecorder = Recorder & Pick<RecordingService, 'urlOfCall'>;

export interface FlowsSideOptions {
  store: Store;
  prompts: PromptFiles;
  /** Records the messages that callers leave; asked late, as it is built after what may be called. */
  recorder: () => CallRecorder | undefined;
  streams: Pick<ActiveStreams, 'open'>;
  /** For bots of the account's own. */
  openBotStream: StreamOpener;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  clock: Clock;
  logger: Logger;
}

export interface FlowsSide {
  /** What numbers and orders name. */
  readonly programs: FlowPrograms;
  /** For the API. */
  readonly api: ApiDeps['flows'];
  /** For calls that a bot has for itself. */
  readonly openStream: StreamOpener;
  /** Gives up requests under way. May be called twice. */
  stop(): Promise<void>;
}

/** Joins flows to the store, to speech and streams, and to a client of their own that opens customers' URLs. */
export function flowsSide(options: FlowsSideOptions): FlowsSide {
  const { store, prompts, streams, allowPrivate, clock, logger } = options;
  const messages = new RecordedMessages({ recordings: messageRecordings(options), clock });
  const urls = new OutboundClient({ clock, allowPrivate });
  const opener: StreamOpener = (attach, request) =>
    request.botId === undefined
      ? streams.open(attach, { ...request, allowPrivate })
      : options.openBotStream(attach, request);
  const recordingUrlOf = (callSid: string) => options.recorder()?.urlOfCall(callSid);
  const users = {
    async findBySipName(accountSid: string, name: string, appId: string | undefined) {
      const byName = (await store.users.findSipAccount(accountSid, name))?.user;
      const user = byName ?? (appId === undefined ? undefined : await store.users.findUser(appId, name));
      return user?.accountSid === accountSid ? { appId: user.appId, userId: user.userId } : undefined;
    },
    async hasTrunk(accountSid: string, carrierId: string) {
      const carriers = await store.carriers.listCarriers();
      return carriers.some((one) => one.id === carrierId && one.accountSid === accountSid && !one.simulated);
    },
  };
  return {
    programs: new FlowPrograms({
      ...{ flows: store.flows, prompts, messages, urls, users, openStream: opener, clock, logger, recordingUrlOf },
    }),
    api: { flows: store.flows, facts: factsOf(store, urls) },
    openStream: opener,
    stop: () => urls.close(),
  };
}

function factsOf(store: Store, urls: OutboundClient): FlowFacts {
  return {
    async hasUser(accountSid, appId, userId) {
      return (await store.users.getUser(accountSid, appId, userId)) !== undefined;
    },
    async hasNumber(accountSid, number) {
      const found = await store.carriers.findDid(number);
      return found?.accountSid === accountSid && found.direction !== 'inbound';
    },
    async hasBot(accountSid, botId) {
      return (await store.bots.find(accountSid, botId)) !== undefined;
    },
    async hasPrompt(accountSid, promptId) {
      return (await store.prompts.find(accountSid, promptId)) !== undefined;
    },
    whyRefused(url) {
      try {
        urls.checkUrl(url.replace(/^ws(?=s?:)/i, 'http'));
        return undefined;
      } catch (error) {
        if (error instanceof OutboundError) return error.message;
        throw error;
      }
    },
  };
}
