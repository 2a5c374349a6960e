import type { Timer } from '@intermix/kernel';
import type { Platform } from '../platform.js';
import { redactText } from './redaction.js';

/** Where Exotel's SDK keeps its lines too: a JSON array of strings, shared by all tabs of the profile. */
const KEY = 'webrtc_sdk_logs';
const MAX_LINES = 1000;
/** Kept of it when the browser's storage is nearly full. */
const FEW_LINES = 100;
const WRITE_AFTER_MS = 2_000;

/**
 * The last thousand lines, in the browser's storage. A line costs a push; they are written in batches, at the latest when
 * the page is hidden. Each batch goes behind what other tabs wrote meanwhile. Where storage is forbidden or full, the lines
 * stay in memory.
 */
export class LineStore {
  readonly #platform: Platform;
  #unwritten: string[] = [];
  #timer: Timer | undefined;
  readonly #stops: ReadonlyArray<() => void>;

  constructor(platform: Platform, numbers: boolean) {
    this.#platform = platform;
    this.#cleanForeignLines(numbers);
    this.#stops = (['pagehide', 'hidden'] as const).map((event) => platform.onPage(event, () => this.#write()));
  }

  add(line: string): void {
    this.#unwritten.push(line);
    if (this.#unwritten.length > MAX_LINES) this.#unwritten.shift(); // Only where nothing can be written.
    this.#timer ??= this.#platform.clock.schedule(WRITE_AFTER_MS, () => this.#write());
  }

  /** Stored and waiting lines, oldest first: tabs write one behind another, and each line begins with its time. */
  lines(): string[] {
    return [...this.#read(), ...this.#unwritten].slice(-MAX_LINES).sort(byTime);
  }

  /** Writes what waits. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#write();
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#unwritten.length === 0) return;
    const lines = [...this.#read(), ...this.#unwritten];
    if (this.#save(lines.slice(-MAX_LINES)) || this.#save(lines.slice(-FEW_LINES))) this.#unwritten = [];
  }

  /** What Exotel's SDK left there before ours took its place: it holds passwords and whole numbers. */
  #cleanForeignLines(numbers: boolean): void {
    const lines = this.#read();
    const clean = lines.map((line) => redactText(line, numbers));
    if (clean.some((line, index) => line !== lines[index])) this.#save(clean);
  }

  #read(): string[] {
    try {
      const stored: unknown = JSON.parse(this.#platform.profileStorage?.getItem(KEY) ?? '[]');
      return Array.isArray(stored) ? stored.filter((line) => typeof line === 'string').slice(-MAX_LINES) : [];
    } catch {
      return []; // Forbidden, or written by somebody else.
    }
  }

  #save(lines: string[]): boolean {
    try {
      const storage = this.#platform.profileStorage;
      storage?.setItem(KEY, JSON.stringify(lines));
      return storage !== undefined;
    } catch {
      return false; // Full.
    }
  }
}

function byTime(one: string, other: string): number {
  const [a, b] = [one.slice(0, 26), other.slice(0, 26)];
  return a < b ? -1 : a > b ? 1 : 0;
}
