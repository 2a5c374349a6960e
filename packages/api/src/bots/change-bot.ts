import type { BotInput, BotStore, StoredBot } from '@intermix/bots';
import { ApiError } from '../http/api-error.js';

/** More than that many people do not change a bot in the same moment. */
const maxTries = 5;

export interface BotChange {
  accountSid: string;
  botId: string;
  /** The version that whoever asks has read; undefined: whatever it is now. */
  expected?: number | undefined;
}

/**
 * Makes the next version of a bot out of the one that it has now; again when somebody else made one in between, so that no
 * change undoes another. Throws 404, and 409 when the bot has not the version that was read.
 */
export async function changeBot(
  bots: Pick<BotStore, 'latest' | 'update'>,
  { accountSid, botId, expected }: BotChange,
  next: (before: StoredBot) => Promise<BotInput>,
): Promise<StoredBot> {
  for (let tries = 0; tries < maxTries; tries++) {
    const before = await bots.latest(accountSid, botId);
    if (before === undefined) throw ApiError.notFound('bot');
    if (expected !== undefined && before.version !== expected) throw otherVersion(before.version);
    const changed = await bots.update(accountSid, botId, await next(before), before.version);
    if (changed !== undefined) return changed;
  }
  throw otherVersion(undefined);
}

/** The version that a request names, in its body or as `If-Match: "4"` (RFC 9110 §13.1.1). Throws 400. */
export function expectedVersion(inBody: number | undefined, ifMatch: string | undefined): number | undefined {
  if (inBody !== undefined || ifMatch === undefined || ifMatch.trim() === '*') return inBody;
  const [, version] = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(ifMatch) ?? [];
  if (version === undefined) throw ApiError.invalid('If-Match', '"If-Match" must be a version, such as "4".');
  return Number(version);
}

function otherVersion(version: number | undefined): ApiError {
  const now = version === undefined ? 'is being changed by others' : `has the version ${version} by now`;
  return new ApiError(409, 'ERR_STORE_CONFLICT', `The bot ${now}: read it again, and change that.`, 'version');
}
