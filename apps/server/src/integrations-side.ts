import { isIP } from 'node:net';
import type { IntegrationDeps } from '@intermix/api';
import type { Switchboard } from '@intermix/calls';
import { addressKind } from '@intermix/outbound';
import type { Store } from '@intermix/store';
import type { Config } from './config/settings.js';
import type { WebhooksSide } from './webhooks-side.js';

export interface IntegrationsSideOptions {
  store: Store;
  switchboard: Switchboard;
  webhooks: WebhooksSide;
  config: Pick<Config, 'apiOrigins' | 'allowPrivateUrls' | 'sipDomain'>;
  /** Whether HTTP listens on loopback only. */
  isLocalOnly: boolean;
}

/** Joins the integrations API to the store and the switch. */
export function integrationsSide(options: IntegrationsSideOptions): IntegrationDeps {
  const { store, switchboard, webhooks, config, isLocalOnly } = options;
  const allowPrivate = config.allowPrivateUrls === 'auto' ? isLocalOnly : config.allowPrivateUrls === 'on';
  // Kept because the bindings themselves end with this process.
  switchboard.registrar.on('seen', ({ accountSid, sipUsername, at }) =>
    store.mappedUsers.recordSipSeen(accountSid, sipUsername, at),
  );
  return {
    tokens: store.integrationTokens,
    customers: store.customers,
    apps: store.apps,
    settings: store.appSettings,
    users: store.mappedUsers,
    contacts: store.contacts,
    callArchive: store.calls,
    deliveries: webhooks.deliveries,
    feed: store.webhooks.feed,
    signingSecrets: store.webhooks.secrets,
    accounts: store.tenants,
    numbers: store.carriers,
    telephony: {
      registrations: (user) => switchboard.registrar.registrations(user),
      forgetUser: (user) => void switchboard.registrar.forgetUser(user),
      placeCall: (request) => switchboard.switch.placeCall(request),
    },
    notifications: { trigger: (step) => webhooks.flowNotices.trigger(step) },
    urlRule: urlRule(allowPrivate),
    origins: config.apiOrigins,
    sipDomain: config.sipDomain,
  };
}

/** What can be told of a URL without asking for its name's addresses; these are looked at whenever it is opened. */
function urlRule(allowPrivate: boolean): (url: string) => string | undefined {
  return (url) => {
    const hostname = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    const isName = isIP(hostname) === 0;
    const kind = isName ? (/(^|\.)localhost\.?$/.test(hostname) ? 'private' : 'public') : addressKind(hostname);
    if (kind === 'public' || (kind === 'private' && allowPrivate)) return undefined;
    return `${hostname} is a private, local or reserved address: give a public one, or let the operator set INTERMIX_ALLOW_PRIVATE_URLS.`;
  };
}
