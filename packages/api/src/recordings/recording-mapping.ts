import type { RecordingRead, RecordingSettings as RecordingSettingsRead } from '@intermix/contracts';
import type { Recording, RecordingSettings, RecordingUrls } from '@intermix/recordings';

/** Minutes for which the address in an answer is good. */
const toldUrlMinutes = 60;

export function recordingRead(
  recording: Recording,
  { urls, isPaused }: { urls: RecordingUrls; isPaused: boolean },
): RecordingRead {
  const { state, durationMs, bytes, location } = recording;
  const hasFile = state !== 'recording' && bytes > 0;
  return {
    recording_sid: recording.recordingSid,
    call_sid: recording.callSid,
    state: state === 'deleted' ? 'failed' : state, // Deleted ones are not told of.
    paused: isPaused,
    channels: recording.channels,
    format: recording.format,
    started_at: recording.startedAt.toISOString(),
    ended_at: recording.endedAt?.toISOString() ?? null,
    duration_ms: hasFile ? durationMs : null,
    bytes: hasFile ? bytes : null,
    url: location !== undefined ? urls.signed(recording, toldUrlMinutes) : null,
    cause: recording.cause ?? null,
    detail: recording.detail ?? null,
  };
}

export function recordingSettingsRead(settings: RecordingSettings): RecordingSettingsRead {
  const { channels, format, pausedAs, heldAs, tone, retentionDays = null, control } = settings;
  return { channels, format, paused_as: pausedAs, held_as: heldAs, tone, retention_days: retentionDays, control };
}

export function recordingSettingsOf(body: RecordingSettingsRead): RecordingSettings {
  const {
    channels,
    format,
    paused_as: pausedAs,
    held_as: heldAs = 'silence',
    tone,
    retention_days: retentionDays,
    control = 'none',
  } = body;
  return { channels, format, pausedAs, heldAs, tone, retentionDays: retentionDays ?? undefined, control };
}
