import type { Recording, RecordingChange, RecordingStore as RecordingPort, RecordingState } from '@intermix/recordings';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, RecordingsTable } from '../database.js';
import { isPossibleId } from '../storable-json.js';

/** Recordings of calls: what there is, where it lies, and what has still to be done. The files are elsewhere. */
export class RecordingStore implements RecordingPort {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async create(recording: Recording, owner: string): Promise<void> {
    const { recordingSid, callSid, accountSid, appId, channels, format, startedAt } = recording;
    const identity = { recording_sid: recordingSid, call_sid: callSid, account_sid: accountSid, app_id: appId ?? null };
    const columns = { channels, format, started_at: startedAt, state: recording.state, ...columnsOf(recording) };
    await this.#db
      .insertInto('recordings')
      .values({ ...identity, ...columns, owner })
      .execute();
  }

  async change(recordingSid: string, from: readonly RecordingState[], change: RecordingChange): Promise<boolean> {
    const result = await this.#db
      .updateTable('recordings')
      .set(columnsOf(change))
      .where('recording_sid', '=', recordingSid)
      .where('state', 'in', from)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async find(accountSid: string, recordingSid: string): Promise<Recording | undefined> {
    if (!isPossibleId(recordingSid)) return undefined;
    const row = await this.#db
      .selectFrom('recordings')
      .selectAll()
      .where('recording_sid', '=', recordingSid)
      .where('account_sid', '=', accountSid)
      .executeTakeFirst();
    return row && recordingOfRow(row);
  }

  async ofCalls(accountSid: string, callSids: readonly string[]): Promise<Recording[]> {
    const named = callSids.filter(isPossibleId);
    if (named.length === 0) return [];
    const rows = await this.#db
      .selectFrom('recordings')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where(sql<boolean>`call_sid = ANY(${named}::text[])`)
      .where('state', '<>', 'deleted')
      .orderBy('started_at')
      .orderBy('recording_sid')
      .execute();
    return rows.map(recordingOfRow);
  }

  /** In one statement: of two servers that want the same recording one gets it. */
  async claim(owner: string, now: Date, goneSince: Date): Promise<Recording[]> {
    const rows = await this.#db
      .updateTable('recordings')
      .set({ owner, owner_seen_at: now })
      .where('announced_at', 'is', null)
      .where(({ eb, or }) =>
        or([eb('owner', '=', owner), eb('owner', 'is', null), eb('owner_seen_at', '<', goneSince)]),
      )
      .returningAll()
      .execute();
    return rows.map(recordingOfRow).sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  }

  async stillHere(owner: string, now: Date): Promise<void> {
    await this.#db
      .updateTable('recordings')
      .set({ owner_seen_at: now })
      .where('announced_at', 'is', null)
      .where('owner', '=', owner)
      .execute();
  }

  async expired(owner: string, now: Date, limit: number, after?: Recording): Promise<Recording[]> {
    const isBehind = after
      ? sql<boolean>`(recordings.ended_at, recordings.recording_sid) > (${after.endedAt}::timestamptz, ${after.recordingSid})`
      : sql<boolean>`true`;
    const rows = await this.#db
      .selectFrom('recordings')
      .innerJoin('recording_settings', 'recording_settings.app_id', 'recordings.app_id')
      .selectAll('recordings')
      .where('recordings.location', 'is not', null)
      // A file in the data folder of another server is that one's to delete.
      .where(
        sql<boolean>`(recordings.owner = ${owner} OR recordings.owner IS NULL OR recordings.location NOT LIKE 'folder:%')`,
      )
      .where(
        sql<boolean>`recordings.ended_at <= ${now}::timestamptz - make_interval(days => recording_settings.retention_days)`,
      )
      .where(isBehind)
      .orderBy('recordings.ended_at')
      .orderBy('recordings.recording_sid')
      .limit(limit)
      .execute();
    return rows.map(recordingOfRow);
  }
}

/** A key that is there and undefined is cleared. */
function columnsOf(change: RecordingChange): Partial<Omit<Selectable<RecordingsTable>, 'announced_at'>> & object {
  const has = (key: keyof RecordingChange) => key in change;
  return {
    ...(change.state !== undefined && { state: change.state }),
    ...(change.startedAt !== undefined && { started_at: change.startedAt }),
    ...(change.durationMs !== undefined && { duration_ms: change.durationMs }),
    ...(change.bytes !== undefined && { bytes: String(change.bytes) }),
    ...(has('endedAt') && { ended_at: change.endedAt ?? null }),
    ...(has('location') && { location: change.location ?? null }),
    ...(has('cause') && { cause: change.cause ?? null }),
    ...(has('detail') && { detail: change.detail ?? null }),
    ...(has('announcedAt') && { announced_at: change.announcedAt ?? null }),
  };
}

function recordingOfRow(row: Selectable<RecordingsTable>): Recording {
  return {
    recordingSid: row.recording_sid,
    callSid: row.call_sid,
    accountSid: row.account_sid,
    appId: row.app_id ?? undefined,
    state: row.state as RecordingState,
    channels: row.channels as Recording['channels'],
    format: row.format as Recording['format'],
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    durationMs: row.duration_ms,
    bytes: Number(row.bytes),
    location: row.location ?? undefined,
    cause: (row.cause as Recording['cause'] | null) ?? undefined,
    detail: row.detail ?? undefined,
    announcedAt: row.announced_at ?? undefined,
  };
}
