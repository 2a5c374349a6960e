import { type RuleName, rules, type Severity } from './rules.js';

/** Where a rule was broken. */
export interface Occurrence {
  /** Milliseconds from `start`; before it, less than 0. */
  at_ms: number;
  /** The number of the bot's message, counted from 1; null when it is none of a message. */
  message: number | null;
  seen: string;
}

export interface Finding {
  rule: RuleName;
  severity: Severity;
  /** What the rule is. */
  expected: string;
  /** How often it was broken. */
  count: number;
  /** The first of them. */
  occurrences: Occurrence[];
}

/** A bot that breaks a rule breaks it with every message: these tell where to look. */
const keptOccurrences = 10;
const maxSeen = 200;

/** What was found, rule by rule. */
export class Findings {
  readonly #found = new Map<RuleName, Finding>();

  add(rule: RuleName, { at_ms, message = null, seen }: { at_ms: number; message?: number | null; seen: string }): void {
    const { severity, rule: expected } = rules[rule];
    const finding = this.#found.get(rule) ?? { rule, severity, expected, count: 0, occurrences: [] };
    this.#found.set(rule, finding);
    finding.count++;
    if (finding.occurrences.length < keptOccurrences)
      finding.occurrences.push({ at_ms: Math.round(at_ms), message, seen: seen.slice(0, maxSeen) });
  }

  has(rule: RuleName): boolean {
    return this.#found.has(rule);
  }

  /** Errors first; within a severity, in the order in which they were found. */
  get list(): Finding[] {
    const found = [...this.#found.values()];
    return (['error', 'warning', 'note'] as const).flatMap((severity) =>
      found.filter((one) => one.severity === severity),
    );
  }
}
