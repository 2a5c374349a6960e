import type { Carrier, CarrierDirectory, Did } from '@intermix/calls';
import { type Clock, createId } from '@intermix/kernel';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import type { SecretBox } from '../secret-box.js';
import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';
import {
  type CarrierPatch,
  carrierOfRow,
  type DidPatch,
  didOfRow,
  type NewCarrier,
  type NewDid,
  rowOfCarrier,
  rowOfDid,
} from './carrier-rows.js';
import { checkTarget } from './did-target.js';

export interface CarrierStoreDeps {
  db: Kysely<Database>;
  secrets: SecretBox;
  clock: Clock;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCachedNumbers = 50_000;
const maxCachedAccounts = 1_000;

/** Carriers and their numbers. The port's three reads are cached, every write through here shows at once. */
export class CarrierStore implements CarrierDirectory {
  readonly #db: Kysely<Database>;
  readonly #secrets: SecretBox;
  readonly #carriers: ReadThroughCache<readonly Carrier[]>;
  readonly #didsByNumber: ReadThroughCache<Did | undefined>;
  readonly #didsByAccount: ReadThroughCache<readonly Did[]>;

  constructor(deps: CarrierStoreDeps) {
    this.#db = deps.db;
    this.#secrets = deps.secrets;
    const cache = { clock: deps.clock, ttlMs: deps.cacheTtlMs };
    this.#carriers = new ReadThroughCache({ ...cache, maxEntries: 1 });
    this.#didsByNumber = new ReadThroughCache({ ...cache, maxEntries: maxCachedNumbers });
    this.#didsByAccount = new ReadThroughCache({ ...cache, maxEntries: maxCachedAccounts });
  }

  /** Every carrier of the installation, oldest first: for the call path, which asks whose call this is. */
  listCarriers(): Promise<readonly Carrier[]> {
    return this.#carriers.get('', async () => {
      const rows = await this.#db.selectFrom('carriers').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map((row) => carrierOfRow(row, this.#secrets));
    });
  }

  findDid(number: string): Promise<Did | undefined> {
    return this.#didsByNumber.get(number, async () => {
      const row = await this.#db.selectFrom('dids').selectAll().where('number', '=', number).executeTakeFirst();
      return row && didOfRow(row);
    });
  }

  listDids(accountSid: string): Promise<readonly Did[]> {
    return this.#didsByAccount.get(accountSid, async () => {
      const rows = await this.#db
        .selectFrom('dids')
        .selectAll()
        .where('account_sid', '=', accountSid)
        .orderBy('position')
        .execute();
      return rows.map(didOfRow);
    });
  }

  async listCarriersOf(accountSid: string): Promise<Carrier[]> {
    return (await this.listCarriers()).filter((carrier) => carrier.accountSid === accountSid);
  }

  async getCarrier(accountSid: string, carrierId: string): Promise<Carrier | undefined> {
    return (await this.listCarriersOf(accountSid)).find((carrier) => carrier.id === carrierId);
  }

  /** Throws a conflict on `name` when the account has a carrier of that name. */
  async createCarrier(input: NewCarrier): Promise<Carrier> {
    const carrier: Carrier = { ...input, id: createId('car_') };
    await this.#writeCarrier(() =>
      this.#db.insertInto('carriers').values(rowOfCarrier(carrier, this.#secrets)).execute(),
    );
    return carrier;
  }

  /** The carrier as it now is; undefined when the account has none of that id. */
  async updateCarrier(accountSid: string, carrierId: string, patch: CarrierPatch): Promise<Carrier | undefined> {
    return this.#writeCarrier(() =>
      this.#db.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('carriers')
          .selectAll()
          .where('account_sid', '=', accountSid)
          .where('id', '=', carrierId)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return undefined;
        const before = carrierOfRow(row, this.#secrets);
        const carrier = { ...before, ...patch, id: carrierId, accountSid, simulated: before.simulated };
        const { id: _, account_sid: __, ...changed } = rowOfCarrier(carrier, this.#secrets);
        await trx
          .updateTable('carriers')
          .set({ ...changed, created_at: undefined, updated_at: sql`now()` })
          .where('id', '=', carrierId)
          .execute();
        return carrier;
      }),
    );
  }

  /** False when the account has none of that id. Throws a conflict on `dids` while the carrier has numbers. */
  async deleteCarrier(accountSid: string, carrierId: string): Promise<boolean> {
    const result = await this.#writeCarrier(() =>
      this.#db
        .deleteFrom('carriers')
        .where('account_sid', '=', accountSid)
        .where('id', '=', carrierId)
        .executeTakeFirst(),
    );
    return result.numDeletedRows > 0n;
  }

  async listDidsOfCarrier(accountSid: string, carrierId: string): Promise<Did[]> {
    return (await this.listDids(accountSid)).filter((did) => did.carrierId === carrierId);
  }

  async getDid(accountSid: string, didId: string): Promise<Did | undefined> {
    return (await this.listDids(accountSid)).find((did) => did.id === didId);
  }

  /** Throws a conflict on `number` (taken), `carrier_id` (not the account's) or `target` (no such user). */
  async createDid(input: NewDid): Promise<Did> {
    const did: Did = { ...input, id: createId('did_') };
    await this.#writeDid(() =>
      this.#db.transaction().execute(async (trx) => {
        await checkTarget(trx, did.accountSid, did.target);
        await trx.insertInto('dids').values(rowOfDid(did)).execute();
      }),
    );
    return did;
  }

  /** The number as it now is; undefined when the account has none of that id. Conflicts as `createDid`. */
  async updateDid(accountSid: string, didId: string, patch: DidPatch): Promise<Did | undefined> {
    return this.#writeDid(() =>
      this.#db.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('dids')
          .selectAll()
          .where('account_sid', '=', accountSid)
          .where('id', '=', didId)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return undefined;
        const before = didOfRow(row);
        const did: Did = { ...before, ...patch, id: didId, accountSid, carrierId: before.carrierId };
        if ('target' in patch) await checkTarget(trx, accountSid, did.target);
        const { number, label, direction, target, ring_timeout_sec } = rowOfDid(did);
        const changed = { number, label, direction, target, ring_timeout_sec, updated_at: sql<Date>`now()` };
        await trx.updateTable('dids').set(changed).where('id', '=', didId).execute();
        return did;
      }),
    );
  }

  /** False when the account has none of that id. */
  async deleteDid(accountSid: string, didId: string): Promise<boolean> {
    const result = await this.#writeDid(() =>
      this.#db.deleteFrom('dids').where('account_sid', '=', accountSid).where('id', '=', didId).executeTakeFirst(),
    );
    return result.numDeletedRows > 0n;
  }

  async #writeCarrier<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw carrierConflict(error) ?? error;
    } finally {
      this.#carriers.clear();
    }
  }

  async #writeDid<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw didConflict(error) ?? error;
    } finally {
      this.#didsByNumber.clear();
      this.#didsByAccount.clear();
    }
  }
}

function carrierConflict(cause: unknown): StoreConflictError | undefined {
  if (sqlState(cause, uniqueViolation)?.constraint === 'carriers_name_unique')
    return new StoreConflictError('name', 'The account has a carrier of this name already.', { cause });
  if (sqlState(cause, foreignKeyViolation)?.constraint === 'dids_carrier')
    return new StoreConflictError('dids', 'The carrier has numbers; delete or move them first.', { cause });
  return undefined;
}

function didConflict(cause: unknown): StoreConflictError | undefined {
  if (sqlState(cause, uniqueViolation)?.constraint === 'dids_number_unique')
    return new StoreConflictError('number', 'The number is in use already.', { cause });
  if (sqlState(cause, foreignKeyViolation)?.constraint === 'dids_carrier')
    return new StoreConflictError('carrier_id', 'There is no such carrier.', { cause });
  return undefined;
}
