import type { Platform } from '../platform.js';

/** `getUserMedia`, with the default microphone in the place of a chosen one that is gone: a call matters more. */
export async function openMicrophone(platform: Platform, audio: MediaTrackConstraints | true): Promise<MediaStream> {
  try {
    return await platform.getUserMedia({ audio, video: false });
  } catch (error) {
    if (audio === true || !audio.deviceId || !/NotFound|Overconstrained/.test((error as Error).name)) throw error;
    const { deviceId: _gone, ...rest } = audio;
    return platform.getUserMedia({ audio: rest, video: false });
  }
}
