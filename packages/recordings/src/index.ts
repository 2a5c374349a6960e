export {
  contentTypeOf,
  extensionOf,
  type FileFigures,
  type RecordingChannels,
  type RecordingFormat,
} from './files/recording-file.js';
export type { PausedAs, RecordingFailure } from './files/recording-spec.js';
export * from './ports/recording-store.js';
