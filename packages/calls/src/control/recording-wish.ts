/** That a call is to be recorded, and how. What it leaves out, the app's settings say. */
export interface RecordingWish {
  /** `dual`: the calling party left, what it hears right. */
  channels?: 'single' | 'dual' | undefined;
  format?: 'mp3' | 'mp3-hq' | 'wav' | undefined;
}
