import type { Migration } from 'kysely';
import * as initial from './0001-initial.js';
import * as integrations from './0002-integrations.js';
import * as deliveryLanes from './0003-delivery-lanes.js';
import * as callCustomField from './0004-call-custom-field.js';
import * as recordings from './0005-recordings.js';
import * as flowsAndPrompts from './0006-flows-and-prompts.js';
import * as voiceV1 from './0007-voice-v1.js';
import * as allowedPrefixes from './0008-allowed-prefixes.js';
import * as peopleAndAudit from './0009-people-and-audit.js';
import * as systemDocuments from './0010-system-documents.js';
import * as bots from './0011-bots.js';
import * as voiceRetries from './0012-voice-retries.js';
import * as recordingOwners from './0013-recording-owners.js';
import * as recordingControl from './0014-recording-control.js';
import * as servers from './0015-servers.js';
import * as botCallsByAge from './0016-bot-calls-by-age.js';
import * as waitingTries from './0017-waiting-tries.js';

/** All migrations by name, which is their order. A list, not a folder scan: the build may move files. */
export const migrations: Record<string, Migration> = {
  '0001-initial': { up: (db) => initial.up(db) },
  '0002-integrations': { up: (db) => integrations.up(db) },
  '0003-delivery-lanes': { up: (db) => deliveryLanes.up(db) },
  '0004-call-custom-field': { up: (db) => callCustomField.up(db) },
  '0005-recordings': { up: (db) => recordings.up(db) },
  '0006-flows-and-prompts': { up: (db) => flowsAndPrompts.up(db) },
  '0007-voice-v1': { up: (db) => voiceV1.up(db) },
  '0008-allowed-prefixes': { up: (db) => allowedPrefixes.up(db) },
  '0009-people-and-audit': { up: (db) => peopleAndAudit.up(db) },
  '0010-system-documents': { up: (db) => systemDocuments.up(db) },
  '0011-bots': { up: (db) => bots.up(db) },
  '0012-voice-retries': { up: (db) => voiceRetries.up(db) },
  '0013-recording-owners': { up: (db) => recordingOwners.up(db) },
  '0014-recording-control': { up: (db) => recordingControl.up(db) },
  '0015-servers': { up: (db) => servers.up(db) },
  '0016-bot-calls-by-age': { up: (db) => botCallsByAge.up(db) },
  '0017-waiting-tries': { up: (db) => waitingTries.up(db) },
};
