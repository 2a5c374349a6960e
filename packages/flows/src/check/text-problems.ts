import type { FlowProblem } from './flow-problem.js';

/** NUL, or half of a surrogate pair: legal in JSON, and no database keeps it. */
const unstorable = /\0|\p{Surrogate}/u;

/** Texts and keys of a document that cannot be kept, each with its place. However deep they lie: none is visited by recursion. */
export function textProblems(document: unknown): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const left: Array<readonly [path: string, value: unknown]> = [['', document]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [path, value] = next;
    if (typeof value === 'string') {
      if (unstorable.test(value)) problems.push(problemAt(path));
    } else if (typeof value === 'object' && value !== null) {
      const inside = Object.entries(value).map(
        ([key, part]) => [key, path === '' ? key : `${path}.${key}`, part] as const,
      );
      for (const [key, place] of inside) if (unstorable.test(key)) problems.push(problemAt(place));
      left.push(...inside.map(([, place, part]) => [place, part] as const).reverse());
    }
  }
  return problems;
}

function problemAt(path: string): FlowProblem {
  const shown = path.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
  return { path: shown, code: 'bad-field', message: 'It holds NUL or half of a character: take it out.' };
}
