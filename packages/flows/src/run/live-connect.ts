import type { ConnectRequest } from '@intermix/calls';
import type { PromptSpec } from '../document/prompt-spec.js';
import { dialEventQuery } from '../wire/dial-event-query.js';
import { type CallFacts, withQuery } from '../wire/passthru-query.js';
import type { ConnectWish } from './flow-actions.js';

interface ConnectParts {
  fileOf(prompt: PromptSpec): Promise<{ path: string }>;
  /** Audio that cannot be had: ringback instead, and it is told. */
  refused(what: string, error: string): void;
  tell(url: string): void;
  factsNow(): Pick<CallFacts, 'call' | 'now'>;
}

/** What the switch is asked for: files for prompts, and a listener for the URL that hears of each step. */
export async function connectRequest(wish: ConnectWish, parts: ConnectParts): Promise<ConnectRequest> {
  const { parties, ringTimeoutSec, timeLimitSec, callerId, headers, eventsUrl: url } = wish;
  const music = await fileOrNone('music', wish.music, parts);
  const announced = await fileOrNone('announcement', wish.announcement?.prompt, parts);
  return {
    ...{ parties, ringTimeoutSec, timeLimitSec, callerId, headers },
    waiting: music === undefined ? undefined : { file: music },
    announcement: announced === undefined ? undefined : { file: announced, to: wish.announcement?.to ?? 'callee' },
    onEvent:
      url === undefined ? undefined : (event) => parts.tell(withQuery(url, dialEventQuery(event, parts.factsNow()))),
  };
}

async function fileOrNone(
  what: string,
  prompt: PromptSpec | undefined,
  parts: ConnectParts,
): Promise<string | undefined> {
  if (prompt === undefined) return undefined;
  try {
    return (await parts.fileOf(prompt)).path;
  } catch (error) {
    parts.refused(what, error instanceof Error ? error.message.slice(0, 300) : 'unknown');
    return undefined;
  }
}
