import type { VoiceCall } from '@intermix/voice-sdk';
import { byId, create, icon } from './dom.js';
import type { Names } from './names.js';
import { clockText, endText } from './words.js';

interface Entry {
  direction: 'incoming' | 'outgoing';
  name: string;
  target: string;
  outcome: string;
  missed: boolean;
  atMs: number;
}

const KEY = 'intermix.softphone.log';
const KEPT = 30;

/** What this tab's calls came to; a click dials again. Kept for the tab only. */
export class CallLog {
  readonly #redial: (target: string) => void;
  #entries: Entry[];

  constructor(redial: (target: string) => void) {
    this.#redial = redial;
    this.#entries = read();
    byId('log-clear').addEventListener('click', () => {
      this.#entries = [];
      this.#save();
    });
    this.#draw();
  }

  add(call: VoiceCall, names: Names): void {
    const { end, durationMs, startedAt, connectedAt } = call.details();
    if (!end) return;
    const outcome = endText(end, call.direction);
    this.#entries.unshift({
      direction: call.direction,
      name: names.of(call).name,
      target: call.remote.user,
      outcome: connectedAt === undefined ? outcome : `${clockText(durationMs)} min`,
      missed: outcome === 'Missed',
      atMs: startedAt,
    });
    this.#entries.length = Math.min(this.#entries.length, KEPT);
    this.#save();
  }

  #save(): void {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#entries));
    } catch {
      // Storage is forbidden: the log lives until the reload.
    }
    this.#draw();
  }

  #draw(): void {
    byId('log').replaceChildren(...this.#entries.map((entry) => create('li', {}, this.#row(entry))));
    byId('log-empty').hidden = this.#entries.length > 0;
    byId('log-clear').hidden = this.#entries.length === 0;
  }

  #row(entry: Entry): HTMLElement {
    const symbol = entry.missed ? 'missed' : entry.direction === 'incoming' ? 'in' : 'out';
    const time = new Date(entry.atMs);
    const row = create('button', { type: 'button', class: 'log-row', 'data-missed': String(entry.missed) });
    row.append(
      icon(symbol),
      create('span', {}, create('b', {}, entry.name), create('small', {}, entry.outcome)),
      create(
        'time',
        { datetime: time.toISOString() },
        time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
      ),
    );
    const way = entry.direction === 'incoming' ? 'Call from' : 'Call to';
    row.setAttribute('aria-label', `${way} ${entry.name}, ${entry.outcome}. Dial again.`);
    row.addEventListener('click', () => this.#redial(entry.target));
    return row;
  }
}

function read(): Entry[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}
