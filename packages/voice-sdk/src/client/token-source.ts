import type { Logger } from '@intermix/kernel';
import { VoiceError } from '../errors.js';
import { parts } from '../parts.js';
import type { Platform } from '../platform.js';
import type { TokenAccount, TokenKeeper } from '../tokens/part.js';
import type { RegistrationKeeper } from './registration-keeper.js';
import type { TokenProvider, TokenSource } from './token.js';

export interface TokenUser {
  readonly platform: Platform;
  readonly logger: Logger;
  /** For whom they are. */
  registration(): Pick<RegistrationKeeper, 'wanted' | 'tokenFailed'>;
  /** Takes credentials into use. Throws VoiceError `invalid-options`. */
  use(account: TokenAccount): void;
  /** They could not be had. */
  failed(error: VoiceError): void;
}

/** What the registration asks of the part `tokens`, which is loaded at the first question. */
export function tokenSource(
  provider: TokenProvider,
  { platform, logger, registration, use, failed }: TokenUser,
): TokenSource {
  let keeper: TokenKeeper | undefined;
  const load = async () => {
    const { TokenKeeper } = await parts.tokens();
    if (!registration().wanted) return; // Meanwhile the page changed its mind.
    keeper ??= new TokenKeeper({
      ...{ provider, clock: platform.clock, random: platform.random, logger, use },
      failed: (error) => {
        failed(error);
        registration().tokenFailed();
      },
    });
    await keeper.fresh();
  };
  return {
    fresh: () =>
      keeper
        ? keeper.fresh()
        : load().catch((cause) => {
            logger.error({ error: String(cause) }, 'exotelsdk-tokens.js cannot be loaded');
            failed(new VoiceError('token-failed', 'exotelsdk-tokens.js cannot be loaded', { cause }));
            throw cause;
          }),
    accepted: () => keeper?.accepted(),
    refused: () => keeper?.refused() === true,
    stop: () => keeper?.stop(),
  };
}
