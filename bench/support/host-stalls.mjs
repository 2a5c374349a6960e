// What the host of a virtual machine keeps from it: while it computes for others our processors stand still, and every delay
// that is measured then is the host's.
import { readFileSync } from 'node:fs';

/** Length of a clock tick in /proc/stat: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** Milliseconds of all processors that the host took so far; undefined where /proc does not tell. */
function stolenMs() {
  try {
    const [total] = readFileSync('/proc/stat', 'latin1').split('\n');
    return Number(total.split(/\s+/)[8]) * tickMs;
  } catch {
    return undefined;
  }
}

/** Begins to watch; the function that it returns tells, in words for a row, what was taken since. */
export function watchHost() {
  const [before, startedAt] = [stolenMs(), performance.now()];
  return () => {
    if (before === undefined) return 'not known';
    return `${Math.round(stolenMs() - before)} ms in ${Math.round((performance.now() - startedAt) / 1_000)} s`;
  };
}
