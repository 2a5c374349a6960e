import { isIP } from 'node:net';
import type { IntegrationDeps } from '@intermix/api';
import type { Switchboard } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import { addressKind } from '@intermix/outbound';
import type { Store } from '@intermix/store';
import type { Config } from './config/settings.js';

export interface IntegrationsSideOptions {
  store: Store;
  switchboard: Switchboard;
  config: Pick<Config, 'apiOrigins' | 'allowPrivateUrls'>;
  /** Whether HTTP listens on loopback only. */
  isLocalOnly: boolean;
  clock: Clock;
}

/** Joins the integrations API to the store and the switch. */
export function integrationsSide(options: IntegrationsSideOptions): IntegrationDeps {
  const { store, switchboard, config, isLocalOnly, clock } = options;
  const allowPrivate = config.allowPrivateUrls === 'auto' ? isLocalOnly : config.allowPrivateUrls === 'on';
  recordWhenSeen(switchboard, store, clock);
  return {
    tokens: store.integrationTokens,
    customers: store.customers,
    apps: store.apps,
    settings: store.appSettings,
    users: store.mappedUsers,
    contacts: store.contacts,
    accounts: store.tenants,
    numbers: store.carriers,
    telephony: {
      registrations: (user) => switchboard.location.bindingsOf(user).length,
      forgetUser(user) {
        for (const binding of [...switchboard.location.bindingsOf(user)]) switchboard.location.remove(binding);
      },
      placeCall: (request) => switchboard.switch.placeCall(request),
    },
    notifications: { trigger: async () => {} },
    urlRule: urlRule(allowPrivate),
    origins: config.apiOrigins,
  };
}

/** Keeps when a user's device was last registered: the bindings themselves end with this process. */
function recordWhenSeen({ registrar }: Switchboard, store: Store, clock: Clock): void {
  const seen = ({ accountSid, sipUsername }: { accountSid: string; sipUsername: string }) =>
    store.mappedUsers.recordSipSeen(accountSid, sipUsername, new Date(clock.now()));
  registrar.on('bindingAdded', seen);
  registrar.on('bindingRefreshed', seen);
  registrar.on('bindingRemoved', seen);
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
