import type { VoiceCall } from '@intermix/voice-sdk';
import { byId, create, icon } from './dom.js';
import type { Names } from './names.js';
import { clockText, dayText, endText } from './words.js';

interface Entry {
  /** SIP Call-ID: a call that several tabs tell of stands here once. Older entries have none. */
  callId?: string;
  direction: 'incoming' | 'outgoing';
  name: string;
  target: string;
  outcome: string;
  missed: boolean;
  atMs: number;
}

const KEY = 'intermix.softphone.history.';
const KEPT = 100;

/** What an agent's calls came to, in this browser and all its tabs; a press dials again. */
export class CallHistory {
  readonly #redial: (target: string) => void;
  #key = '';
  #entries: Entry[] = [];
  #unseen = 0;
  #shown = false;

  constructor(redial: (target: string) => void) {
    this.#redial = redial;
    byId('log-clear').addEventListener('click', () => {
      this.#entries = [];
      this.#save();
      byId('tab-history').focus(); // The button is gone now.
    });
    // Another tab of the same agent had a call.
    window.addEventListener('storage', ({ key }) => key === this.#key && this.#load());
  }

  /** Shows this agent's calls from now on. */
  use(userId: string): void {
    this.#key = KEY + userId;
    this.#unseen = 0;
    this.#load();
  }

  /** Whether the person sees the list: missed calls are counted until they are seen. */
  set shown(shown: boolean) {
    this.#shown = shown;
    if (shown) this.#count(0);
  }

  add(call: VoiceCall, names: Names): void {
    const { end, durationMs, startedAt, connectedAt } = call.details();
    if (!end) return;
    const outcome = endText(end, call.direction);
    const missed = outcome === 'Missed';
    const before = read(this.#key); // Another tab may have written meanwhile, of this very call too.
    const { callId } = call;
    if (connectedAt === undefined && before.some((entry) => callId && entry.callId === callId)) return;
    this.#entries = before.filter((entry) => !callId || entry.callId !== callId);
    this.#entries.unshift({
      callId,
      direction: call.direction,
      name: names.of(call).name,
      target: call.remote.user,
      outcome: connectedAt === undefined ? outcome : clockText(durationMs),
      missed,
      atMs: startedAt,
    });
    this.#entries.length = Math.min(this.#entries.length, KEPT);
    this.#save();
    if (missed && !this.#shown) this.#count(this.#unseen + 1);
  }

  #load(): void {
    this.#entries = read(this.#key);
    this.#draw();
    this.#count(this.#unseen);
  }

  #save(): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#entries));
    } catch {
      // Storage is full or forbidden: the list lives until the reload.
    }
    this.#draw();
  }

  #count(unseen: number): void {
    this.#unseen = unseen;
    const badge = byId('missed');
    badge.hidden = unseen === 0;
    badge.textContent = String(unseen);
    badge.setAttribute('aria-label', `${unseen} missed`);
  }

  #draw(): void {
    let day = '';
    const rows: HTMLElement[] = [];
    for (const entry of this.#entries) {
      const of = dayText(entry.atMs);
      if (of !== day) rows.push(create('li', { class: 'log-day' }, of));
      day = of;
      rows.push(create('li', {}, this.#row(entry)));
    }
    byId('log').replaceChildren(...rows);
    byId('log-empty').hidden = rows.length > 0;
    byId('log-clear').hidden = rows.length === 0;
  }

  #row(entry: Entry): HTMLElement {
    const mark = icon(entry.missed ? 'missed' : entry.direction === 'incoming' ? 'in' : 'out');
    mark.setAttribute('class', 'log-mark');
    const time = new Date(entry.atMs);
    const row = create('button', { type: 'button', class: 'log-row', 'data-missed': String(entry.missed) });
    row.append(
      mark,
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

function read(key: string): Entry[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isEntry).slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

/** An older version of this page, or a curious person, may have left something else. */
function isEntry(value: unknown): value is Entry {
  const entry = value as Entry | null;
  return typeof entry?.name === 'string' && typeof entry.target === 'string' && Number.isFinite(entry.atMs);
}
