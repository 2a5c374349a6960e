import type { IntegrationDeps } from '@intermix/api';
import type { CallRecord, Switchboard } from '@intermix/calls';
import type { Clock, Logger } from '@intermix/kernel';
import { OutboundError } from '@intermix/outbound';
import type { PromptFiles } from '@intermix/speech';
import type { Store } from '@intermix/store';
import { AppPlayback } from './app-playback.js';
import type { Config } from './config/settings.js';
import type { WebhooksSide } from './webhooks-side.js';

export interface IntegrationsSideOptions {
  store: Store;
  switchboard: Switchboard;
  webhooks: WebhooksSide;
  prompts: PromptFiles;
  clock: Clock;
  logger: Logger;
  recordings: IntegrationDeps['recordings'];
  config: Pick<Config, 'apiOrigins' | 'sipDomain'>;
}

/** Joins the integrations API to the store and the switch. */
export function integrationsSide(options: IntegrationsSideOptions): IntegrationDeps {
  const { store, switchboard, webhooks, recordings, config, prompts, clock, logger } = options;
  const playback = new AppPlayback({
    ...{ switch: switchboard.switch, settings: store.appSettings, calls: webhooks.calls, prompts, clock, logger },
  });
  // Kept because the bindings themselves end with this process.
  switchboard.registrar.on('seen', ({ accountSid, sipUsername, at }) =>
    store.mappedUsers.recordSipSeen(accountSid, sipUsername, at),
  );
  /** For the Voice v1 API, which tells by its order that a call was ordered. A call is not lost over it. */
  const keepOrder = async ({ callSid, accountSid, to }: CallRecord, from: string): Promise<void> => {
    const kept = { callSid, accountSid, mode: 'numbers', from, to } as const;
    await store.voiceOrders
      .create({ ...kept, statusCallback: undefined, parentCallSid: undefined })
      .catch((error: unknown) => logger.warn({ err: error, callSid }, 'the order of a call could not be kept'));
  };
  return {
    tokens: store.integrationTokens,
    customers: store.customers,
    apps: store.apps,
    settings: store.appSettings,
    users: store.mappedUsers,
    contacts: store.contacts,
    callArchive: store.calls,
    deliveries: webhooks.deliveries,
    recordings,
    feed: store.webhooks.feed,
    signingSecrets: store.webhooks.secrets,
    accounts: store.tenants,
    numbers: store.carriers,
    telephony: {
      registrations: (user) => switchboard.registrar.registrations(user),
      forgetUser: (user) => void switchboard.registrar.forgetUser(user),
      forgetApp: (app) => void switchboard.registrar.forgetApp(app),
      async sipSession(user, lifetimeSec) {
        const session = await switchboard.sessions.issue(user, lifetimeSec);
        return session && { ...session, iceServers: switchboard.iceServers?.listFor(user) ?? [] };
      },
      async placeCall(request) {
        const call = await playback.placeCall(request);
        await keepOrder(call, request.user.sipUsername);
        return call;
      },
    },
    notifications: { trigger: (step) => webhooks.flowNotices.trigger(step) },
    urlRule: urlRule(webhooks.urls),
    origins: config.apiOrigins,
    sipDomain: config.sipDomain,
  };
}

/** The rule of the client that opens the URLs; a stream's is opened by the same rule. */
export function urlRule(client: WebhooksSide['urls']): (url: string) => string | undefined {
  return (url) => {
    try {
      client.checkUrl(url.replace(/^ws(?=s?:)/i, 'http'));
      return undefined;
    } catch (error) {
      if (error instanceof OutboundError) return error.message;
      throw error;
    }
  };
}
