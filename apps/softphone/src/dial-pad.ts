import { create } from './dom.js';

const keys: ReadonlyArray<readonly [digit: string, letters: string]> = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];

const names: Record<string, string> = { '*': 'star', '#': 'hash' };
const LONG_PRESS_MS = 550;

/** Fills the element with the twelve keys. Holding 0 gives +, where `plus` is on. */
export function fillPad(pad: HTMLElement, press: (digit: string) => void, plus = false): void {
  for (const [digit, letters] of keys) {
    const shown = digit === '0' && !plus ? '' : letters;
    const label = names[digit] ?? (shown === '+' ? '0 hold for +' : undefined);
    const named: Record<string, string> = label ? { 'aria-label': label } : {};
    const key = create('button', { type: 'button', class: 'key', 'data-digit': digit, ...named });
    key.append(create('b', {}, digit), ' ', create('small', {}, shown));
    if (digit === '0' && plus) listenForHold(key, press);
    else key.addEventListener('click', () => press(digit));
    pad.append(key);
  }
}

function listenForHold(key: HTMLElement, press: (digit: string) => void): void {
  let timer: number | undefined;
  let held = false;
  key.addEventListener('pointerdown', () => {
    held = false;
    timer = window.setTimeout(() => {
      held = true;
      press('+');
    }, LONG_PRESS_MS);
  });
  for (const end of ['pointerup', 'pointerleave', 'pointercancel']) {
    key.addEventListener(end, () => window.clearTimeout(timer));
  }
  key.addEventListener('contextmenu', (event) => event.preventDefault()); // A long press on a touch screen.
  key.addEventListener('click', () => {
    if (!held) press('0');
    held = false;
  });
}
