import { join } from 'node:path';
import type { Switchboard } from '@intermix/calls';
import { type Clock, hex, type Logger, type Random } from '@intermix/kernel';
import {
  FolderStorage,
  type RecordingAnnouncer,
  RecordingService,
  type RecordingStorage,
  RecordingUrls,
  S3Storage,
  SeveralStorages,
} from '@intermix/recordings';
import type { Store } from '@intermix/store';
import type { RecordingNotices } from '@intermix/webhooks';
import type { Config } from './config/settings.js';

export interface RecordingsSideOptions {
  store: Store;
  dataDir: string;
  /** Names this server among those that share the store. */
  owner: string;
  /** What addresses of recordings begin with. */
  baseUrl: string;
  config: Config;
  /** Asked late: the switch is built after what records its calls. */
  switchboard: () => Switchboard | undefined;
  notices: () => RecordingNotices;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Joins recordings to the store, to where their files are kept, and to what tells backends of them. */
export async function recordingsSide(options: RecordingsSideOptions): Promise<RecordingService> {
  const { store, dataDir, baseUrl, config, switchboard, notices, owner, ...common } = options;
  const { clock, random } = common;
  const key = await store.settings.getOrCreate('recording-url-key', () => hex(random.bytes(32)));
  const folder = join(dataDir, 'recordings');
  return new RecordingService({
    ...common,
    partsFolder: join(folder, 'parts'),
    owner,
    calls: { mediaOf: (callSid) => switchboard()?.switch.mediaOf(callSid) },
    callRecords: store.calls,
    store: store.recordings,
    settings: store.recordingSettings,
    apps: store.appSettings,
    storage: storageOf(config, new FolderStorage(join(folder, 'kept')), common.logger),
    announcer: announcerOf(notices),
    urls: new RecordingUrls({ baseUrl, key: new TextEncoder().encode(key), clock }),
  });
}

/** Has the calls of a switch recorded. */
export function recordCalls(recordings: RecordingService, { switch: calls }: Switchboard): void {
  calls.on('answered', (call) => void recordings.handleAnswered(call));
  calls.on('recordingWished', (call, wish) => void recordings.handleWish(call, wish));
  recordings.on('stateChanged', (callSid, state) => calls.tellRecording(callSid, state));
}

/** Recordings that are in the folder stay there, and are found there, when an S3 store is configured later. */
function storageOf(config: Config, folder: FolderStorage, logger: Logger): RecordingStorage {
  const { recordingsS3Bucket: bucket, recordingsS3Endpoint: endpoint, recordingsS3Region: region } = config;
  if (bucket === undefined) return folder;
  const { recordingsS3Prefix: prefix, recordingsS3KeyId: accessKeyId, recordingsS3Secret: secretAccessKey } = config;
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const pathStyle = endpoint !== undefined;
  const s3 = new S3Storage({ bucket, region, endpoint, prefix, pathStyle, credentials, logger });
  return new SeveralStorages(s3, folder);
}

function announcerOf(notices: () => RecordingNotices): RecordingAnnouncer {
  return {
    recordingReady: ({ call, recording: { recordingSid, durationMs }, recordingUrl, at }) =>
      notices().recordingReady({ call, recordingSid, recordingUrl, durationSec: Math.ceil(durationMs / 1000), at }),
    recordingFailed: ({ call, recording: { recordingSid }, cause, at }) =>
      notices().recordingFailed({ call, recordingSid, cause, at }),
  };
}
