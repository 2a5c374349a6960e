import {
  defaultRecordingSettings,
  type Recording,
  type RecordingChange,
  type RecordingSettings,
  type RecordingSettingsStore,
  type RecordingState,
  type RecordingStore,
} from '../ports/recording-store.js';

/** Rows in memory. `isDown` makes every write fail, as a database that is away. */
export class MemoryRecordingStore implements RecordingStore {
  readonly rows = new Map<string, Recording>();
  /** Days that each app keeps its recordings. */
  readonly retentionDays = new Map<string, number>();
  /** By recording; one that a test put here without an owner has none. */
  readonly owners = new Map<string, { owner: string; seenAt: number }>();
  isDown = false;

  async create(recording: Recording, owner: string): Promise<void> {
    this.#refuse();
    this.owners.set(recording.recordingSid, { owner, seenAt: recording.startedAt.getTime() });
    this.rows.set(recording.recordingSid, { ...recording });
  }

  async change(recordingSid: string, from: readonly RecordingState[], change: RecordingChange): Promise<boolean> {
    this.#refuse();
    const row = this.rows.get(recordingSid);
    if (!row || !from.includes(row.state)) return false;
    Object.assign(row, change);
    return true;
  }

  async find(accountSid: string, recordingSid: string): Promise<Recording | undefined> {
    const row = this.rows.get(recordingSid);
    return row?.accountSid === accountSid ? { ...row } : undefined;
  }

  async ofCalls(accountSid: string, callSids: readonly string[]): Promise<Recording[]> {
    return this.#all(
      (row) => row.accountSid === accountSid && callSids.includes(row.callSid) && row.state !== 'deleted',
    );
  }

  async claim(owner: string, now: Date, goneSince: Date): Promise<Recording[]> {
    const isFree = ({ recordingSid }: Recording) => {
      const has = this.owners.get(recordingSid);
      return !has || has.owner === owner || has.seenAt < goneSince.getTime();
    };
    const claimed = this.#all((row) => row.announcedAt === undefined && isFree(row));
    for (const { recordingSid } of claimed) this.owners.set(recordingSid, { owner, seenAt: now.getTime() });
    return claimed;
  }

  async stillHere(owner: string, now: Date): Promise<void> {
    this.#refuse();
    for (const has of this.owners.values()) if (has.owner === owner) has.seenAt = now.getTime();
  }

  async expired(_owner: string, now: Date, limit: number, after?: Recording): Promise<Recording[]> {
    const isExpired = ({ location, appId, endedAt }: Recording) => {
      const days = this.retentionDays.get(appId ?? '');
      return location !== undefined && days !== undefined && Number(endedAt) <= now.getTime() - days * 86_400_000;
    };
    const place = ({ endedAt, recordingSid }: Recording) => `${endedAt?.toISOString()} ${recordingSid}`;
    const sorted = this.#all(isExpired).sort((a, b) => (place(a) < place(b) ? -1 : 1));
    return sorted.filter((row) => !after || place(row) > place(after)).slice(0, limit);
  }

  #all(wanted: (row: Recording) => boolean): Recording[] {
    return [...this.rows.values()].filter(wanted).map((row) => ({ ...row }));
  }

  #refuse(): void {
    if (this.isDown) throw new Error('the database is away');
  }
}

export class MemoryRecordingSettings implements RecordingSettingsStore {
  readonly #settings = new Map<string, RecordingSettings>();

  async find(_accountSid: string, appId: string): Promise<RecordingSettings> {
    return this.#settings.get(appId) ?? defaultRecordingSettings;
  }

  async put(_accountSid: string, appId: string, settings: RecordingSettings): Promise<boolean> {
    this.#settings.set(appId, settings);
    return true;
  }
}
