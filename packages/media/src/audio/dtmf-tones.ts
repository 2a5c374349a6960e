import type { ToneSpec } from '../types.js';

// ITU-T Q.23:      1209 1336 1477 1633
//            697     1    2    3    A
//            770     4    5    6    B
//            852     7    8    9    C
//            941     *    0    #    D
const rowsHz = [697, 770, 852, 941] as const;
const columnsHz = [1209, 1336, 1477, 1633] as const;
const keypad = '123A456B789C*0#D';

/** The in-band tone pair of a digit `0-9 A-D * #`, or undefined for any other character. Each tone at -9 dBm0. */
export function dtmfTone(digit: string): ToneSpec | undefined {
  const index = digit.length === 1 ? keypad.indexOf(digit.toUpperCase()) : -1;
  const row = rowsHz[index >> 2];
  const column = columnsHz[index & 3];
  if (index < 0 || row === undefined || column === undefined) return undefined;
  return { frequenciesHz: [row, column], levelDbm0: -9 };
}
