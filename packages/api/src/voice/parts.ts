import type { Clock, Logger } from '@intermix/kernel';
import { BasicCredentials } from '../auth/basic-credentials.js';
import { VoiceAuth } from './auth/voice-auth.js';
import type { VoiceDeps } from './ports.js';

/** What the routes of this API share. */
export interface VoiceParts {
  deps: VoiceDeps;
  auth: VoiceAuth;
  clock: Clock;
  logger: Logger;
}

export function makeVoiceParts(deps: VoiceDeps, { clock, logger }: { clock: Clock; logger: Logger }): VoiceParts {
  const credentials = new BasicCredentials({ accounts: deps.accounts, clock });
  return { deps, auth: new VoiceAuth({ credentials }), clock, logger };
}
