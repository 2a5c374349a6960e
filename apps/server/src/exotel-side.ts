import type { ApiDeps } from '@intermix/api';
import { BotAddresses, type BotCapacity, ExotelIntegration, Fleet, SystemSettings } from '@intermix/bots';
import type { Clock, Random } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import type { Store } from '@intermix/store';

export interface ExotelSideOptions {
  store: Store;
  /** Whether addresses that operators give may be private ones. */
  allowPrivate: boolean;
  /** Whether the account has this bot. */
  knowsBot: (accountSid: string, botId: string) => Promise<boolean>;
  /** Of this server. */
  capacity: BotCapacity;
  /** Where others reach our HTTP, when the operator said so. */
  publicUrl: string | undefined;
  clock: Clock;
  random: Random;
}

export interface ExotelSide {
  readonly api: Pick<ApiDeps, 'exotel' | 'settings' | 'fleet' | 'botAddresses'>;
  readonly fleet: Fleet;
  /** Keys of providers, for bots. */
  readonly settings: SystemSettings;
  stop(): Promise<void>;
}

/** Joins the Exotel integration, the platform's settings and the fleet to the store and to the client that opens URLs. */
export function exotelSide(options: ExotelSideOptions): ExotelSide {
  const { store, allowPrivate, knowsBot, capacity, publicUrl, clock, random } = options;
  const client = new OutboundClient({ clock, allowPrivate });
  const documents = store.systemDocuments;
  const settings = new SystemSettings({ documents, checkUrl: (url) => client.checkUrl(url) });
  const botAddresses = new BotAddresses({ fleet: settings, publicUrl });
  const exotel = new ExotelIntegration({ documents, addresses: botAddresses, client, knowsBot });
  const fleet = new Fleet({ addresses: settings, client, random });
  return {
    api: { exotel, settings, botAddresses, fleet: { fleet, capacity } },
    fleet,
    settings,
    stop: () => client.close(),
  };
}
