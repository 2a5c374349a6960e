import type { AttachmentFactory } from '@intermix/media';
import { CallRecorder } from './call-recorder.js';
import { readSpec } from './read-spec.js';
import { RecordingTone } from './recording-tone.js';
import { ThreadedEncoder } from './threaded-encoder.js';

const encoder = new ThreadedEncoder();

/** The attachment `recording` of a media process: records the leg's call into a file, or sounds the recording tone on it. */
export const recordingAttachment: AttachmentFactory = (spec, context) => {
  const order = readSpec(spec);
  return order.do === 'tone' ? new RecordingTone(order, context) : new CallRecorder(order, context, encoder);
};
