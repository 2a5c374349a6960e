import type { BotCallReport } from '../ports/bot-call-store.js';
import { mostOfSession, storable } from '../session/session-record.js';

type Told = Pick<BotCallReport, 'transcript' | 'events' | 'usage' | 'latencySamples' | 'details'>;

interface Bounds {
  entries: number;
  /** As JSON. */
  characters: number;
}

const { lines, characters, events, dataLength, samples } = mostOfSession;
/** The names and marks around what a line says. */
const around = 2;
const transcriptBounds: Bounds = { entries: lines, characters: around * characters };
const eventBounds: Bounds = { entries: events, characters: events * dataLength };
const sampleBounds: Bounds = { entries: samples, characters: samples * 200 };
const usageBounds: Bounds = { entries: 200, characters: 20_000 };
/** Analyses, transfers, the configuration that was run: whatever an orchestrator sends besides. */
const detailBounds: Bounds = { entries: 100, characters: 500_000 };

/**
 * What an orchestrator tells of a call, no larger than what a bot of ours may leave: of lists and objects the first members stay,
 * of a text its beginning, as those tell what the call was about. What is undefined stays so.
 */
export function boundedReport<Report extends Told>(report: Report): Report {
  return {
    ...report,
    transcript: bounded(report.transcript, transcriptBounds),
    events: bounded(report.events, eventBounds),
    usage: bounded(report.usage, usageBounds),
    latencySamples: bounded(report.latencySamples, sampleBounds),
    details: bounded(report.details, detailBounds) as Told['details'],
  };
}

function bounded(value: unknown, bounds: Bounds): unknown {
  if (typeof value === 'string') return storable(value, bounds.characters);
  if (Array.isArray(value)) return firstOf(value, bounds, (entry) => entry);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(firstOf(Object.entries(value), bounds, ([name, member]) => ({ [name]: member })));
  return value;
}

/** The first entries that are within the bounds together; one that alone is too large is left out. */
function firstOf<T>(entries: readonly T[], { entries: most, characters }: Bounds, shown: (entry: T) => unknown): T[] {
  const kept: T[] = [];
  let left = characters;
  for (const entry of entries) {
    if (kept.length === most) break;
    const length = JSON.stringify(shown(entry)).length;
    if (length > left) continue;
    left -= length;
    kept.push(entry);
  }
  return kept;
}
