import type { Exit } from '../applets/applet-kind.js';
import type { FlowProblem } from './flow-problem.js';

/** The ways between the applets of a document: by the key where they begin. */
export type Ways = ReadonlyMap<string, readonly Exit[]>;

/** Ways that lead nowhere. */
export function brokenWays(ways: Ways): FlowProblem[] {
  return [...ways].flatMap(([key, exits]) =>
    exits.flatMap(({ at, to }): FlowProblem[] => {
      const path = `applets.${key}.${at}`;
      if (to === undefined)
        return [{ path, code: 'dead-end', message: 'Nothing says how the flow goes on here: name an applet.' }];
      if (ways.has(to)) return [];
      return [{ path, code: 'unknown-target', message: `The flow has no applet "${to}".` }];
    }),
  );
}

/** Applets that no way from the start leads to. */
export function unreachable(ways: Ways, start: string): FlowProblem[] {
  const reached = new Set<string>();
  const open = [start];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    for (const { to } of ways.get(key) ?? []) if (to !== undefined) open.push(to);
  }
  return [...ways.keys()]
    .filter((key) => !reached.has(key))
    .map((key) => ({ path: `applets.${key}`, code: 'unreachable', message: 'No way leads to this applet.' }));
}

/** Circles in which nobody waits for the caller or for time: each told once, at the way that closes it. */
export function endlessLoops(ways: Ways): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const done = new Set<string>();
  const walk = (key: string, path: readonly string[]): void => {
    if (done.has(key)) return;
    for (const { at, to, waits } of ways.get(key) ?? []) {
      if (waits || to === undefined) continue;
      const since = [...path, key].indexOf(to);
      if (since < 0) walk(to, [...path, key]);
      else problems.push(loopProblem(`applets.${key}.${at}`, [...path, key].slice(since).concat(to)));
    }
    done.add(key);
  };
  for (const key of ways.keys()) walk(key, []);
  return problems;
}

function loopProblem(path: string, circle: readonly string[]): FlowProblem {
  const message = `The way ${circle.join(' → ')} is a circle in which nothing waits for the caller.`;
  return { path, code: 'endless-loop', message };
}
