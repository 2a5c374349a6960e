/** How a recording is kept. `mp3`: 16 kbit/s for each channel; `mp3-hq`: 32; `wav`: linear PCM, 16 bit. All at 8 kHz. */
export type RecordingFormat = 'mp3' | 'mp3-hq' | 'wav';

/** `dual`: the calling party left, what it hears right. `single`: both in one. */
export type RecordingChannels = 'single' | 'dual';

/** Samples a second of every recording: what telephones carry. */
export const sampleRateHz = 8000;

/** What a recording's file is called: `mp3` or `wav`. */
export const extensionOf = (format: RecordingFormat): 'mp3' | 'wav' => (format === 'wav' ? 'wav' : 'mp3');

export const contentTypeOf = (format: RecordingFormat): string => (format === 'wav' ? 'audio/wav' : 'audio/mpeg');

export const channelCount = (channels: RecordingChannels): 1 | 2 => (channels === 'dual' ? 2 : 1);

/** A file as it stands on disk. */
export interface FileFigures {
  bytes: number;
  durationMs: number;
}
