import { type Clock, type Logger, systemRandom } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import type { Store } from '@intermix/store';
import {
  AppContext,
  CallersByAnyNumber,
  CallNotices,
  Dispatcher,
  FlowNotices,
  LateNotices,
  NotifyingCallStore,
  RecordingNotices,
  StatusCallbacks,
  WakingDeliveryLog,
} from '@intermix/webhooks';

/** How long a last look for settings that could not be read may take when the server stops. */
const lastLookMs = 1_500;
/** How long deliveries that are due may take when the server stops; the rest stays for the next start. */
const lastChanceMs = 3_000;

export interface WebhooksSideOptions {
  store: Store;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  version: string;
  /** Whether a call that ends now has a recording, or will have. */
  hasRecording: (callSid: string) => boolean;
  /** Where that recording is fetched. */
  recordingUrlOf: (callSid: string) => string | undefined;
  clock: Clock;
  logger: Logger;
}

export interface WebhooksSide {
  /** The store of calls that tells apps' backends of each step. */
  readonly calls: NotifyingCallStore;
  readonly dispatcher: Dispatcher;
  /** What waits for the settings of its app. */
  readonly late: LateNotices;
  readonly deliveries: WakingDeliveryLog;
  readonly flowNotices: FlowNotices;
  /** For calls that are ordered by the Voice v1 API. */
  readonly statusCallbacks: StatusCallbacks;
  /** What may be opened, as it will be asked when it is. */
  readonly urls: Pick<OutboundClient, 'checkUrl'>;
  /** For the recorder. */
  readonly recordingNotices: RecordingNotices;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Joins the webhooks to the store and to the client that opens customers' URLs. */
export function webhooksSide(options: WebhooksSideOptions): WebhooksSide {
  const { store, allowPrivate, version, hasRecording, recordingUrlOf, clock, logger } = options;
  const { outbox, deliveries, secrets } = store.webhooks;
  const client = new OutboundClient({ clock, allowPrivate });
  const userAgent = `Intermix-Webhooks/${version}`;
  const dispatcher = new Dispatcher({ outbox, client, secrets, clock, logger, userAgent });
  const { appSettings: settings, apps: identities } = store;
  const contacts = new CallersByAnyNumber(store);
  const context = new AppContext({ settings, identities, contacts, clock, logger });
  const onQueued = () => dispatcher.wake();
  const late = new LateNotices({ context, outbox, clock, random: systemRandom, logger, onQueued });
  const statusCallbacks = new StatusCallbacks({ orders: store.voiceOrders, recordingUrlOf, outbox, onQueued });
  const notices = new CallNotices({ context, late, hasRecording });
  return {
    calls: new NotifyingCallStore({ store: store.calls, notices, statusCallbacks, onQueued }),
    statusCallbacks,
    dispatcher,
    late,
    deliveries: new WakingDeliveryLog({ log: deliveries, wake: onQueued }),
    flowNotices: new FlowNotices({ context, late, outbox, clock, onQueued }),
    recordingNotices: new RecordingNotices({ late, outbox, onQueued }),
    urls: client,
    async start() {
      // The embedded database is this process's alone: what is leased there, a dead one had.
      if (store.kind === 'embedded') await outbox.releaseAll();
      dispatcher.start();
    },
    async stop() {
      await late.stop(lastLookMs);
      await dispatcher.stop(lastChanceMs);
      await client.close();
    },
  };
}
