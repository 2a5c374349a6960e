import { expect, it } from 'vitest';
import { boundedReport } from './bounded-report.js';

const nothing = { transcript: undefined, events: undefined, usage: undefined, latencySamples: undefined, details: {} };

it('leaves what is of a usual size as it was told, and what was not told untold', () => {
  const told = {
    ...{ transcript: [{ role: 'user', text: 'hello' }], events: [{ type: 'x' }], usage: { tokens: 5, model: 'm' } },
    ...{ latencySamples: [{ name: 'reply', ms: 5 }], details: { intents: ['a'], latency: { p50: 1 } } },
  };
  expect(boundedReport(told)).toEqual(told);
  expect(boundedReport(nothing)).toEqual(nothing);
});

it('keeps the first entries of lists as long as those of our own sessions', () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({ n }));
  const { transcript, events, latencySamples } = boundedReport({
    ...{ ...nothing, transcript: many, events: many, latencySamples: many },
  });
  expect([transcript, events, latencySamples]).toEqual([
    many.slice(0, 1_000),
    many.slice(0, 500),
    many.slice(0, 1_000),
  ]);
});

it('keeps as much text as our own sessions, and of members those that fit', () => {
  const text = 'x'.repeat(2_000_000);
  const { transcript, details, usage } = boundedReport({
    ...{ ...nothing, transcript: text, usage: { text, tokens: 3 } },
    details: { qc_analysis: { score: 1 }, pipeline_config: { text }, intents: ['a'] },
  });
  expect((transcript as string).length).toBe(400_000);
  expect([usage, details]).toEqual([{ tokens: 3 }, { qc_analysis: { score: 1 }, intents: ['a'] }]);
});
