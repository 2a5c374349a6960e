import {
  defaultRecordingSettings,
  type RecordingSettings,
  type RecordingSettingsStore as RecordingSettingsPort,
} from '@intermix/recordings';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { isPossibleId } from '../storable-json.js';

/** How apps want their calls recorded. One row an app, made at the first write. */
export class RecordingSettingsStore implements RecordingSettingsPort {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async find(accountSid: string, appId: string): Promise<RecordingSettings | undefined> {
    if (!isPossibleId(appId)) return undefined;
    const row = await this.#db
      .selectFrom('apps')
      .leftJoin('recording_settings', 'recording_settings.app_id', 'apps.id')
      .selectAll('recording_settings')
      .where('apps.id', '=', appId)
      .where('apps.account_sid', '=', accountSid)
      .executeTakeFirst();
    if (!row) return undefined;
    if (row.app_id === null) return defaultRecordingSettings;
    return {
      channels: row.channels as RecordingSettings['channels'],
      format: row.format as RecordingSettings['format'],
      pausedAs: row.paused_as as RecordingSettings['pausedAs'],
      heldAs: row.held_as as RecordingSettings['heldAs'],
      tone: row.tone as RecordingSettings['tone'],
      retentionDays: row.retention_days ?? undefined,
      control: row.control as RecordingSettings['control'],
    };
  }

  async put(accountSid: string, appId: string, settings: RecordingSettings): Promise<boolean> {
    if (!isPossibleId(appId)) return false;
    const { channels, format, pausedAs, heldAs, tone, retentionDays = null, control } = settings;
    const result = await sql`
      INSERT INTO recording_settings
        (app_id, account_sid, channels, format, paused_as, held_as, tone, retention_days, control)
      SELECT id, account_sid, ${channels}, ${format}, ${pausedAs}, ${heldAs}, ${tone}, ${retentionDays}::integer, ${control}
      FROM apps WHERE id = ${appId} AND account_sid = ${accountSid}
      ON CONFLICT (app_id) DO UPDATE
        SET channels = excluded.channels, format = excluded.format, paused_as = excluded.paused_as,
          held_as = excluded.held_as, tone = excluded.tone, retention_days = excluded.retention_days,
          control = excluded.control, updated_at = now()`.execute(this.#db);
    return (result.numAffectedRows ?? 0n) > 0n;
  }
}
