import type { Pattern } from './national-tones.js';

// ITU-T Q.23:    1209  1336  1477  1633 Hz
const keypad = [
  ['697', '123A'],
  ['770', '456B'],
  ['852', '789C'],
  ['941', '*0#D'],
] as const;
const columns = [1209, 1336, 1477, 1633] as const;

/** The pair of tones of a digit (ITU-T Q.23), as long as it is sent; undefined for what is no digit. */
export function digitTone(digit: string): Pattern | undefined {
  const key = digit.toUpperCase();
  for (const [row, keys] of keypad) {
    const column = columns[keys.indexOf(key)];
    if (key.length !== 1 || column === undefined) continue;
    return {
      partials: [
        { hertz: Number(row), level: 0.5 },
        { hertz: column, level: 0.5 },
      ],
      cadence: [0.16, 0.07],
    };
  }
  return undefined;
}
