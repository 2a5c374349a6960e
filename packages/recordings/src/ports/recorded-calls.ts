import type { CallRecord, RecordingWish } from '@intermix/calls';
import type { MediaLeg } from '@intermix/media';
import type { Recording, RecordingCause } from './recording-store.js';

/** Calls that are up, as the switch has them. */
export interface RecordedCalls {
  /** Undefined before there is audio, and when the call is over. */
  mediaOf(callSid: string): RecordedMedia | undefined;
}

export interface RecordedMedia {
  /** The calling party's. */
  leg: Pick<MediaLeg, 'attach'>;
  /** Set when this call is to be recorded, whatever its app's settings say. */
  recording: RecordingWish | undefined;
}

/** Records of calls, also of those that are over. */
export interface CallRecords {
  find(accountSid: string, callSid: string): Promise<{ call: CallRecord } | undefined>;
}

/** Tells apps' backends. Both resolve when it is kept to be delivered; a second time adds nothing. */
export interface RecordingAnnouncer {
  recordingReady(told: { call: CallRecord; recording: Recording; recordingUrl: string; at: Date }): Promise<void>;
  recordingFailed(told: { call: CallRecord; recording: Recording; cause: RecordingCause; at: Date }): Promise<void>;
}
