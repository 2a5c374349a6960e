import type { RecordingResult } from '../files/recording-spec.js';
import type { EncodedFileSpec } from '../media-child/recording-encoder.js';

// Between a media process and its encoding thread. `id` names a file.
//
//   process ── open, pcm …, close ──► thread
//   process ◄── done (of each pcm), ended ── thread

export type ToEncoder =
  | { type: 'open'; id: number; spec: EncodedFileSpec }
  | { type: 'pcm'; id: number; pcm: Int16Array }
  | { type: 'close'; id: number };

export type FromEncoder = { type: 'done'; id: number } | { type: 'ended'; id: number; result: RecordingResult };
