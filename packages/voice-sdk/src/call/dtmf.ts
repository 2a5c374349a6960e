import type { Clock } from '@intermix/kernel';
import { VoiceError } from '../errors.js';

const TONE_MS = 160;
const GAP_MS = 70;
/** A comma, as RTCDTMFSender plays it. */
export const PAUSE_MS = 2_000;
const MAX_DIGITS = 64;

/** How digits travel: `auto` is RFC 4733 when both sides agreed on it, SIP INFO otherwise. */
export type DtmfMode = 'auto' | 'rfc4733' | 'info';

/** Gives the digits in upper case, `W` (a pause where modems are dialled) as a comma. Throws VoiceError `invalid-dtmf`. */
export function dtmfDigits(text: string): string {
  const digits = String(text).toUpperCase().replace(/W/g, ',');
  if (!/^[0-9A-D*#,]+$/.test(digits) || digits.length > MAX_DIGITS) {
    throw new VoiceError('invalid-dtmf', `"${digits.slice(0, MAX_DIGITS)}" holds something that is not a digit`);
  }
  return digits;
}

/**
 * Plays the digits into the RTP stream (RFC 4733) after those that still wait there; resolves when the last has been played.
 * Rejects when the engine refuses them: nothing was played then.
 */
export function insertDtmf(sender: RTCDTMFSender, digits: string, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    // `insertDTMF` replaces what waits: a person who types two digits fast would lose the first.
    const all = sender.toneBuffer + digits;
    sender.insertDTMF(all, TONE_MS, GAP_MS); // First: where it throws, nothing is left behind.
    const lengthMs = [...all].reduce((sum, digit) => sum + (digit === ',' ? PAUSE_MS : TONE_MS + GAP_MS), 0);
    const done = () => {
      timer.cancel();
      sender.removeEventListener('tonechange', heard);
      resolve();
    };
    const heard = (event: Event) => {
      if ((event as RTCDTMFToneChangeEvent).tone === '') done();
    };
    const timer = clock.schedule(lengthMs + 500, done); // Engines that never report the end.
    sender.addEventListener('tonechange', heard);
  });
}
