// In browsers, `browser/late-answer.ts` stands in the place of this module.
import { Alarm, type UaCore } from './core.js';

/** A BYE is answered after this, whatever it waits for. Well below the 32 s after which its sender gives up. */
const answerLimitMs = 2_000;

/**
 * Answers a BYE once, when `ready` has settled in whichever way; at once when there is nothing to wait for. Its sender repeats it
 * after T1, which its transaction swallows: the answer is late, not lost.
 */
export function answerWhenReady(core: UaCore, ready: Promise<unknown> | undefined, answer: () => void): void {
  if (!ready) {
    answer();
    return;
  }
  const limit = new Alarm(core.clock);
  let answered = false;
  const once = (): void => {
    if (answered) return;
    answered = true;
    limit.clear();
    answer();
  };
  limit.set(answerLimitMs, once);
  ready.then(once, once);
}
