import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@intermix/kernel';
import { playedMs } from '../audio/wav-file.js';
import { writeWhole } from './kept-file.js';
import type { PromptFile } from './prompt.js';

/** What is known of a cached file besides its audio; a JSON file beside it. */
export interface CacheNotes {
  /** Until when it may be used without asking, milliseconds since the epoch; undefined: always. */
  freshUntil?: number | undefined;
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** Octets of the file that it was made of. */
  sourceBytes?: number | undefined;
}

export interface CachedAudio extends PromptFile {
  notes: CacheNotes;
  /** When it was made or last confirmed. */
  writtenAt: number;
}

interface Entry extends CachedAudio {
  bytes: number;
}

export interface AudioCacheOptions {
  folder: string;
  clock: Clock;
  /** Octets on disk. Default 200 MB. */
  maxBytes?: number;
}

const keyForm = /^([0-9a-f]{64})\.wav$/;

/** Audio that can be made again, on disk, of bounded size: what was not used for longest goes first. */
export class AudioCache {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** The one used last stands last. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #opened: Promise<void> | undefined;

  constructor({ folder, clock, maxBytes = 200 * 1024 * 1024 }: AudioCacheOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** `key` is a SHA-256, hexadecimal. Undefined when there is none, or its file was taken away. */
  async get(key: string): Promise<CachedAudio | undefined> {
    await this.#open();
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const used = new Date(this.#clock.now());
    try {
      await utimes(entry.path, used, used); // The order outlives a restart.
      return entry;
    } catch {
      await this.#forget(key);
      return undefined;
    }
  }

  async put(key: string, wav: Buffer, notes: CacheNotes): Promise<CachedAudio> {
    await this.#open();
    const path = this.#pathOf(key);
    const writtenAt = this.#clock.now();
    await writeWhole(this.#notesPathOf(key), JSON.stringify({ ...notes, writtenAt }));
    await writeWhole(path, wav);
    const entry = { path, durationMs: playedMs(wav.length), bytes: wav.length, notes, writtenAt };
    this.#remember(key, entry);
    await this.#makeRoom(key);
    return entry;
  }

  /** Writes other notes for what is there. */
  async note(key: string, notes: CacheNotes): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.notes = notes;
    entry.writtenAt = this.#clock.now();
    await writeWhole(this.#notesPathOf(key), JSON.stringify({ ...notes, writtenAt: entry.writtenAt }));
  }

  #open(): Promise<void> {
    this.#opened ??= this.#readFolder().catch((error: unknown) => {
      this.#opened = undefined; // A folder that is repaired is read by whoever asks next.
      throw error;
    });
    return this.#opened;
  }

  /** What an earlier run left. Files that are half written, audio without notes and notes without audio go. */
  async #readFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    const found: Array<Entry & { key: string; usedMs: number }> = [];
    for (const name of names) {
      const entry = await this.#readEntry(keyForm.exec(name)?.[1]);
      if (entry) found.push(entry);
    }
    const kept = new Set(found.flatMap(({ key }) => [`${key}.wav`, `${key}.json`]));
    for (const name of names) if (!kept.has(name)) await rm(join(this.#folder, name), { force: true });
    found.sort((a, b) => a.usedMs - b.usedMs);
    for (const { key, usedMs: _, ...entry } of found) this.#remember(key, entry);
    await this.#makeRoom();
  }

  async #readEntry(key: string | undefined): Promise<(Entry & { key: string; usedMs: number }) | undefined> {
    if (key === undefined) return undefined;
    try {
      const path = this.#pathOf(key);
      const { writtenAt = 0, ...notes } = JSON.parse(await readFile(this.#notesPathOf(key), 'utf8'));
      const { size, mtimeMs } = await stat(path);
      return { key, path, durationMs: playedMs(size), bytes: size, notes, writtenAt, usedMs: mtimeMs };
    } catch {
      return undefined;
    }
  }

  #remember(key: string, entry: Entry): void {
    this.#bytes += entry.bytes - (this.#entries.get(key)?.bytes ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  async #makeRoom(spared?: string): Promise<void> {
    for (const key of [...this.#entries.keys()]) {
      if (this.#bytes <= this.#maxBytes) return;
      if (key !== spared) await this.#forget(key);
    }
  }

  async #forget(key: string): Promise<void> {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
    await rm(this.#pathOf(key), { force: true });
    await rm(this.#notesPathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${key}.wav`);
  }

  #notesPathOf(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}
