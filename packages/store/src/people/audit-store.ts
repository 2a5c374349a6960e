import { type Clock, createId, type Random } from '@intermix/kernel';
import type { Kysely, Selectable } from 'kysely';
import type { AuditLogTable, Database } from '../database.js';
import { storableJson, storableText } from '../storable-json.js';
import { StoreError } from '../store-error.js';

/**
 * Who did it: a person who signed in, or a machine: with the account's API key (`id` is the account's sid then), or with the
 * token of a customer or of an app.
 */
export interface AuditActor {
  type: 'person' | 'api-key' | 'customer' | 'app';
  id: string;
  /** E-mail address of the person as it was then; name of the key. */
  name: string;
}

/** A change, before it is written. */
export interface NewAuditEntry {
  accountSid: string;
  actor: AuditActor;
  /** As the operation of the API is called: `updateCarrier`. */
  action: string;
  resource: { type: string; id: string | undefined };
  /** By the field's path. No value of a secret. */
  changes: Readonly<Record<string, object>>;
  /** Address that the request came from. */
  source: string;
  requestId: string;
}

export interface AuditEntry extends NewAuditEntry {
  id: string;
  at: Date;
}

export interface AuditQuery {
  accountSid: string;
  actorId?: string | undefined;
  action?: string | undefined;
  resourceType?: string | undefined;
  resourceId?: string | undefined;
  /** Belongs to the stretch of time. */
  from?: Date | undefined;
  /** Belongs to it no more. */
  to?: Date | undefined;
  limit: number;
  cursor?: string | undefined;
}

const maxPage = 200;
const dayMs = 24 * 3_600_000;

/** Who changed what, when and from where; kept for a while. */
export class AuditStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keptMs: number;

  /** `keptDays`: after how many days an entry goes. */
  constructor(deps: { db: Kysely<Database>; clock: Clock; random: Random; keptDays: number }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#keptMs = deps.keptDays * dayMs;
  }

  /** All of them, or none. */
  async append(...entries: NewAuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#db
      .insertInto('audit_log')
      .values(entries.map((entry) => this.#rowOf(entry)))
      .execute();
  }

  /** `within`: the transaction of the change itself; both are written, or neither. */
  async appendWithin(within: Kysely<Database>, entry: NewAuditEntry): Promise<void> {
    await within.insertInto('audit_log').values(this.#rowOf(entry)).execute();
  }

  #rowOf(entry: NewAuditEntry) {
    return {
      id: createId('aud_', 16, this.#random),
      account_sid: entry.accountSid,
      at: new Date(this.#clock.now()),
      actor_type: entry.actor.type,
      actor_id: entry.actor.id,
      actor_name: storableText(entry.actor.name),
      action: entry.action,
      resource_type: entry.resource.type,
      resource_id: entry.resource.id === undefined ? null : storableText(entry.resource.id),
      changes: storableJson([entry.changes]).slice(1, -1),
      source: entry.source,
      request_id: entry.requestId,
    };
  }

  /** Newest first. Throws ERR_STORE_CURSOR. */
  async list(query: AuditQuery): Promise<{ entries: AuditEntry[]; nextCursor: string | undefined }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    const rows = await this.#filtered(query)
      .orderBy('position', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      entries: page.map(entryOfRow),
      nextCursor: rows.length > limit && last ? Buffer.from(last.position).toString('base64url') : undefined,
    };
  }

  /** Deletes what is too old, at most `atOnce`. Gives how many. */
  async prune(atOnce: number): Promise<number> {
    const old = this.#db
      .selectFrom('audit_log')
      .select('id')
      .where('at', '<', new Date(this.#clock.now() - this.#keptMs))
      .orderBy('at')
      .limit(atOnce);
    const result = await this.#db.deleteFrom('audit_log').where('id', 'in', old).executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  #filtered(query: AuditQuery) {
    let select = this.#db.selectFrom('audit_log').selectAll().where('account_sid', '=', query.accountSid);
    const equal = [
      ['actor_id', query.actorId],
      ['action', query.action],
      ['resource_type', query.resourceType],
      ['resource_id', query.resourceId],
    ] as const;
    for (const [column, value] of equal)
      if (value !== undefined) select = select.where(column, '=', storableText(value));
    if (query.from !== undefined) select = select.where('at', '>=', query.from);
    if (query.to !== undefined) select = select.where('at', '<', query.to);
    if (query.cursor !== undefined) select = select.where('position', '<', positionOf(query.cursor));
    return select;
  }
}

function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,18}$/.test(text)) throw StoreError.badCursor();
  return text;
}

function entryOfRow(row: Selectable<AuditLogTable>): AuditEntry {
  return {
    id: row.id,
    accountSid: row.account_sid,
    at: row.at,
    actor: { type: row.actor_type as AuditActor['type'], id: row.actor_id, name: row.actor_name },
    action: row.action,
    resource: { type: row.resource_type, id: row.resource_id ?? undefined },
    changes: row.changes as Record<string, object>,
    source: row.source,
    requestId: row.request_id,
  };
}
