import { expect, it } from 'vitest';
import { dialledNumber, simulatedNumberOf, simulatedNumbers } from './numbers.js';

it.each([
  ['+911130000001', '+911130000001'],
  ['911130000001', '+911130000001'],
  ['00911130000001', '+911130000001'],
  ['01130000001', '+911130000001'],
  ['1130000001', '+911130000001'],
  ['+1 (212) 555-0100', '+12125550100'],
])('understands %s', (dialled, number) => {
  expect(dialledNumber(dialled)).toBe(number);
});

it.each([undefined, '', 'alice', '112', '+0123456789', '+9111300000011234567', '9198765x3210'])(
  '%s is no number',
  (user) => {
    expect(dialledNumber(user)).toBeUndefined();
  },
);

it('has seven different numbers in its own range, each found by its number', () => {
  const numbers = Object.entries(simulatedNumbers);
  expect(new Set(numbers.map(([, number]) => number)).size).toBe(7);
  for (const [name, number] of numbers) {
    expect(number).toMatch(/^\+91113000\d{4}$/);
    expect(simulatedNumberOf(number)).toBe(name);
  }
  expect(simulatedNumberOf('+911130000099')).toBeUndefined();
});
