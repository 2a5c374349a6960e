import type { CallCard } from './call-card.js';
import { byId } from './dom.js';

/** Single keys that work while nobody is typing; people who speak to their computer can switch them off. */
export function listenForShortcuts(
  activeCard: () => CallCard | undefined,
  waitingCard: () => CallCard | undefined,
): void {
  const enabled = byId<HTMLInputElement>('shortcuts');
  const number = byId<HTMLInputElement>('number');
  document.addEventListener('keydown', (event) => {
    if (!enabled.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target))
      return;
    if (/^[0-9*#+]$/.test(event.key)) return digit(event, activeCard(), number);
    if (press(event.key.toLowerCase(), activeCard(), waitingCard())) event.preventDefault();
  });
}

function digit(event: KeyboardEvent, card: CallCard | undefined, number: HTMLInputElement): undefined {
  event.preventDefault();
  if (card?.call.state === 'connected' && event.key !== '+') {
    card.dial(event.key);
    return;
  }
  number.focus();
  number.value += event.key;
  number.dispatchEvent(new Event('input'));
}

function press(key: string, card: CallCard | undefined, waiting: CallCard | undefined): boolean {
  const incoming = byId('incoming').firstElementChild;
  const part = { a: 'answer', d: 'decline' }[key];
  if (part && incoming) {
    incoming.querySelector<HTMLButtonElement>(`[data-part="${part}"]`)?.click();
    return true;
  }
  if (key === 's' && waiting) {
    waiting.press('swap');
    return true;
  }
  const action = ({ m: 'mute', h: 'hold', k: 'keypad', e: 'hangup' } as const)[key as 'm'];
  if (!action || !card) return false;
  card.press(action);
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"]), select, textarea');
}
