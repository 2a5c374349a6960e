export { RecordingError, type RecordingProblem } from './errors.js';
export {
  contentTypeOf,
  extensionOf,
  type FileFigures,
  type RecordingChannels,
  type RecordingFormat,
} from './files/recording-file.js';
export type { HeldAs, PausedAs, RecordingFailure } from './files/recording-spec.js';
export type * from './ports/recorded-calls.js';
export * from './ports/recording-store.js';
export { DeviceControl } from './service/device-control.js';
export {
  RecordingService,
  type RecordingServiceDeps,
  type RecordingServiceEvents,
} from './service/recording-service.js';
export { RecordingUrls, type UrlSignature, urlValidity } from './service/recording-urls.js';
export { folderOwner } from './storage/folder-owner.js';
export { FolderStorage } from './storage/folder-storage.js';
export type { ByteRange, RecordingStorage } from './storage/recording-storage.js';
export { type S3Options, S3Storage } from './storage/s3-storage.js';
export { SeveralStorages } from './storage/several-storages.js';
