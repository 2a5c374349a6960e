import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatReason, parseReason } from './reason.js';

it.each([
  [
    'SIP ;cause=200 ;text="Call completed elsewhere"',
    { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' },
  ],
  ['q.850;CAUSE=16', { protocol: 'Q.850', cause: 16 }],
  ['SIP;text="a;cause=1\\"";cause=603', { protocol: 'SIP', cause: 603, text: 'a;cause=1"' }],
  ['Preemption;cause=1', undefined],
  ['SIP;cause=many', undefined],
  ['SIP', undefined],
  ['', undefined],
])('reads the Reason %s', (value, reason) => {
  expect(parseReason(value)).toEqual(reason);
});

it('reads back what it writes', () => {
  const reason = fc.record({
    protocol: fc.constantFrom('SIP' as const, 'Q.850' as const),
    cause: fc.integer({ min: 0, max: 999 }),
    text: fc.string(),
  });
  const isReadBack = fc.property(reason, (given) => {
    expect(parseReason(formatReason(given))).toEqual(given);
  });
  fc.assert(isReadBack);
});

it('lets no line break into a header', () => {
  const text = 'a\r\nVia: evil\0';
  expect(formatReason({ protocol: 'SIP', cause: 200, text })).toBe('SIP;cause=200;text="a  Via: evil "');
});
