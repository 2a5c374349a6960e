import { expect, it } from 'vitest';
import { redacted } from './files.js';

it.each([
  ['calling +919876543210', 'calling …210'],
  ['{"remote":"09876543210"}', '{"remote":"…210"}'],
  ['sip:+919876543210@acme', 'sip:…210@acme'],
])('keeps of a telephone number only its end: %s', (text, kept) => {
  expect(redacted(text)).toBe(kept);
});

it('leaves short numbers, ids and times alone', () => {
  const text = 'status 486, callId a3b54c270990f1a7362, jitterMs 12.345';
  expect(redacted(text)).toBe(text);
});
