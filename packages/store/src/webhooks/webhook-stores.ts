import type { Clock, Random } from '@intermix/kernel';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Database } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { DeliveryLogStore } from './delivery-log-store.js';
import { EventFeedStore } from './event-feed-store.js';
import { OutboxStore } from './outbox-store.js';
import { SigningSecretStore } from './signing-secret-store.js';

export interface WebhookStoresDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  secrets: SecretBox;
  clock: Clock;
  random: Random;
  cacheTtlMs: number;
  retryDelaysMs?: readonly number[] | undefined;
  /** How many connections reads of single calls' deliveries may use at once. */
  maxReads: number;
}

/** Everything of webhooks that is kept. */
export class WebhookStores {
  readonly outbox: OutboxStore;
  readonly deliveries: DeliveryLogStore;
  readonly feed: EventFeedStore;
  readonly secrets: SigningSecretStore;

  constructor(deps: WebhookStoresDeps) {
    this.outbox = new OutboxStore(deps);
    this.deliveries = new DeliveryLogStore(deps);
    this.feed = new EventFeedStore(deps);
    this.secrets = new SigningSecretStore(deps);
  }

  /** Forgets what is cached of apps. */
  invalidate(): void {
    this.secrets.invalidate();
  }
}
