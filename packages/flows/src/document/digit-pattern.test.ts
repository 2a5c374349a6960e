import { expect, it } from 'vitest';
import { DigitPattern } from './digit-pattern.js';

it.each([
  ['1', '1', true],
  ['1', '11', false],
  ['[2-4]', '3', true],
  ['[2-4]', '5', false],
  ['[13#]', '#', true],
  ['^9\\d{3}$', '9123', true],
  ['9\\d{3}', '912', false],
  ['9\\d{2,3}', '912', true],
  ['9\\d{2,}', '9123456', true],
  ['.+', '*#12', true],
  ['\\*\\d?', '*', true],
  ['\\*\\d?', '*77', false],
  ['\\d*0', '1230', true],
  ['.*.*.*.*.*.*.*.*.*.*.*.*1', '0'.repeat(32), false],
])('%s and the digits %s: %s', (pattern, digits, fits) => {
  expect(DigitPattern.parse(pattern)?.matches(digits)).toBe(fits);
});

it.each(['', '^$', '(1|2)', '1|2', '[', '[5-2]', '[*-5]x', 'x', '*', '+1', '\\w', '1{40}', '1{3,2}', '1++'])(
  'no pattern: %s',
  (text) => {
    expect(DigitPattern.parse(text)).toBeUndefined();
  },
);
