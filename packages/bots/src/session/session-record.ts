import type { TranscriptRole } from './bot.js';

/** What is kept of one session at most; lengths in characters. */
export const mostOfSession = {
  ...{
    lines: 1_000,
    lineLength: 4_000,
    characters: 200_000,
    events: 500,
    dataLength: 2_000,
    names: 50,
    samples: 1_000,
  },
};
const most = mostOfSession;
const maxName = 64;

/** What is kept of a session. Times are milliseconds since the `start` message. */
export interface SessionResults {
  transcript: Array<{ role: TranscriptRole; text: string; at_ms: number }>;
  events: Array<{ type: string; at_ms: number; data?: Record<string, unknown> }>;
  usage: Record<string, number>;
  latencySamples: Array<{ name: string; ms: number; at_ms: number }>;
}

/** Gathers what a session leaves, and bounds it: the first lines stay, as those tell what the call was about. */
export class SessionRecord {
  readonly #elapsedMs: () => number;
  readonly #transcript: SessionResults['transcript'] = [];
  readonly #events: SessionResults['events'] = [];
  readonly #usage = new Map<string, number>();
  readonly #samples: SessionResults['latencySamples'] = [];
  #characters = 0;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  line(role: TranscriptRole, text: string, atMs = this.#elapsedMs()): void {
    const kept = storable(text, most.lineLength);
    if (this.#transcript.length >= most.lines || this.#characters + kept.length > most.characters) return;
    this.#characters += kept.length;
    this.#transcript.push({ role, text: kept, at_ms: Math.round(atMs) });
  }

  event(type: string, data?: Readonly<Record<string, unknown>>): void {
    if (this.#events.length >= most.events) return;
    const kept = data && boundedData(data);
    this.#events.push({
      ...{ type: storable(type, maxName), at_ms: Math.round(this.#elapsedMs()) },
      ...(kept && { data: kept }),
    });
  }

  use(what: string, amount: number): void {
    const name = storable(what, maxName);
    if (!Number.isFinite(amount) || (!this.#usage.has(name) && this.#usage.size >= most.names)) return;
    this.#usage.set(name, (this.#usage.get(name) ?? 0) + amount);
  }

  measure(what: string, ms: number): void {
    if (!Number.isFinite(ms) || this.#samples.length >= most.samples) return;
    const at = Math.round(this.#elapsedMs());
    this.#samples.push({ name: storable(what, maxName), ms: Math.round(ms * 10) / 10, at_ms: at });
  }

  results(): SessionResults {
    return {
      transcript: this.#transcript,
      events: this.#events,
      usage: Object.fromEntries(this.#usage),
      latencySamples: this.#samples,
    };
  }
}

/** A text that a database takes: without NUL and halves of characters, and no longer than it may be. */
export function storable(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? text.slice(0, maxLength) : text;
  return Buffer.from(cut.replaceAll('\0', ''), 'utf8').toString('utf8');
}

function boundedData(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const text = jsonOf(data);
  if (text === undefined) return { unreadable: true };
  if (text.length > most.dataLength) return { cut: storable(text, most.dataLength) };
  return JSON.parse(text) as Record<string, unknown>;
}

function jsonOf(data: object): string | undefined {
  try {
    return JSON.stringify(data, (_, value) => (typeof value === 'string' ? storable(value, most.dataLength) : value));
  } catch {
    return undefined; // A circle, or a number that JSON does not have.
  }
}
