import type { Clock } from '@intermix/kernel';
import type { InviteSession } from '@intermix/sip';
import { VoiceError } from '../errors.js';
import { PAUSE_MS } from './dtmf.js';

/** One SIP INFO a digit, in order, each after the answer to the one before. The body is Exotel's. */
export async function sendDtmfInfo(session: InviteSession, digits: string, clock: Clock): Promise<void> {
  for (const digit of digits) {
    if (digit === ',') {
      await new Promise<void>((resolve) => clock.schedule(PAUSE_MS, resolve));
      continue;
    }
    const content = `Signal=${digit}\r\nDuration=240`;
    const response = await session.request('INFO', { body: { type: 'application/dtmf-relay', content } });
    if (response.status >= 300) {
      throw new VoiceError('dtmf-refused', `the far end refused a digit (${response.status})`, {
        status: response.status,
      });
    }
  }
}
