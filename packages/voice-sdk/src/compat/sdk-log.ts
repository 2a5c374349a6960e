import type { LogFields, Logger } from '@intermix/kernel';
import type { LogBook } from '../logs/part.js';
import { parts } from '../parts.js';
import { browserPlatform, type Platform } from '../platform.js';

/** `log` is what only a developer wants to read; the others are as everywhere. */
export type LogType = 'log' | 'info' | 'warn' | 'error';

/** `args`: at most one object, with the facts of the line. */
export type LoggerCallback = (type: LogType, message: string, args: unknown[]) => void;

export interface LogEntry {
  /** Milliseconds since the epoch. */
  at: number;
  type: LogType;
  message: string;
  fields: LogFields;
}

/** What the page wants of the log; read at each line. */
export interface LogSettings {
  callback: LoggerCallback | undefined;
  /** False by default: nothing on the console. */
  console: boolean;
  /** False by default: of a phone number only the last digits are shown. */
  numbers: boolean;
}

/** Lines that wait for the log book. */
const MAX_WAITING = 1000;

/**
 * The log that outlives the page: its last thousand lines are in the browser's storage, without secrets, numbers by their last
 * digits. `ExotelWebClient` has one; a page of the typed face gives one to its client as `logger`. Lines go to the log book, which is loaded with the first of them; until then, and
 * where it cannot be loaded, they wait in memory.
 */
export class SdkLog implements Logger {
  readonly settings: LogSettings = { callback: undefined, console: false, numbers: false };
  readonly #platform: Platform;
  #waiting: LogEntry[] = [];
  #book: LogBook | undefined;
  #loading: Promise<void> | undefined;

  /** `platform` is for tests. */
  constructor(platform: Platform = browserPlatform()) {
    this.#platform = platform;
  }

  error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  debug(fields: LogFields, message: string): void {
    this.#write('log', fields, message);
  }

  child(bindings: LogFields): Logger {
    const line = (level: 'error' | 'warn' | 'info' | 'debug') => (fields: LogFields, message: string) =>
      this[level]({ ...bindings, ...fields }, message);
    return {
      error: line('error'),
      warn: line('warn'),
      info: line('info'),
      debug: line('debug'),
      child: (more) => this.child({ ...bindings, ...more }),
    };
  }

  /** Offers the kept lines as a file. Without the log book these are the messages alone: nothing else is free of secrets. */
  async download(): Promise<void> {
    await this.#load();
    const day = new Date(this.#platform.clock.now()).toISOString().slice(0, 10);
    const text = this.#book?.text() ?? this.#waiting.map(({ message }) => message).join('\n');
    this.#platform.saveFile(`webrtc_sdk_logs_${day}.txt`, text);
  }

  /** Writes what waits, and watches the page no more. */
  async close(): Promise<void> {
    await this.#loading;
    this.#book?.close();
  }

  #write(type: LogType, fields: LogFields, message: string): void {
    const entry = { at: this.#platform.clock.now(), type, message, fields };
    if (this.#book) {
      this.#book.write(entry);
      return;
    }
    if (this.#waiting.push(entry) > MAX_WAITING) this.#waiting.shift();
    void this.#load();
  }

  #load(): Promise<void> {
    this.#loading ??= parts.logs().then(
      ({ LogBook }) => {
        this.#book = new LogBook(this.#platform, this.settings);
        for (const entry of this.#waiting.splice(0)) this.#book.write(entry);
      },
      (error) => {
        this.#waiting.push({
          at: this.#platform.clock.now(),
          type: 'error',
          message: `the log cannot be written: ${error}`,
          fields: {},
        });
      },
    );
    return this.#loading;
  }
}
