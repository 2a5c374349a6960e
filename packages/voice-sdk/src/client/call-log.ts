import type { Logger } from '@intermix/kernel';
import type { VoiceCall } from '../call/voice-call.js';

/** Writes what support needs of a call: its steps, its audio path, and errors with their codes. */
export function logCall(call: VoiceCall, logger: Logger): void {
  const told = (step: string, facts: object = {}) => logger.info({ callId: call.callId, ...facts }, `call ${step}`);
  told(call.state, { direction: call.direction, remote: call.remote.user });
  call.on('stateChanged', (state) => told(state, call.end));
  for (const step of ['held', 'unheld', 'muted', 'unmuted'] as const) call.on(step, () => told(step));
  for (const step of ['reconnecting', 'reconnected'] as const) call.on(step, (what) => told(step, { what }));
  call.on('iceConnection', (state) => told(`ice ${state}`));
  call.on('failed', (error) => {
    logger.warn({ callId: call.callId, code: error.code, error: String(error) }, 'call failed');
  });
}
