import { callSafely } from '../compat/page-callbacks.js';
import type { LogEntry, LogSettings } from '../compat/sdk-log.js';
import type { Platform } from '../platform.js';
import { LineStore } from './line-store.js';
import { redact, redactText } from './redaction.js';

/** A line longer than this is cut: a thousand of them must fit beside what the page itself stores. */
const MAX_LINE_LENGTH = 600;

/** Writes lines to where the page wants them: its callback, the console, and the browser's storage; never a secret. */
export class LogBook {
  readonly #store: LineStore;
  readonly #settings: LogSettings;
  #inCallback = false;

  constructor(platform: Platform, settings: LogSettings) {
    this.#store = new LineStore(platform, settings.numbers);
    this.#settings = settings;
  }

  write(entry: LogEntry): void {
    const { numbers } = this.#settings;
    const message = redactText(entry.message, numbers);
    const fields = redact(entry.fields, numbers) as Record<string, unknown>;
    const args = Object.keys(fields).length > 0 ? [fields] : [];
    this.#store.add(lineOf(entry, message, args));
    // biome-ignore lint/suspicious/noConsole: the page asked for it by setEnableConsoleLogging(true).
    if (this.#settings.console) globalThis.console[entry.type](message, ...args);
    this.#callBack(entry, message, args);
  }

  /** The kept lines of this page load and of earlier ones, oldest first. */
  text(): string {
    return this.#store.lines().join('\n');
  }

  close(): void {
    this.#store.close();
  }

  #callBack(entry: LogEntry, message: string, args: unknown[]): void {
    if (this.#inCallback) return; // A callback that makes us log must not be called for that.
    this.#inCallback = true;
    callSafely(this.#settings.callback, [entry.type, message, args], () => {}); // A page's logger must not break a call.
    this.#inCallback = false;
  }
}

/** As Exotel's SDK writes a line. */
function lineOf(entry: LogEntry, message: string, args: unknown[]): string {
  const facts = args.length > 0 ? ` ${JSON.stringify(args[0])}` : '';
  return `[${new Date(entry.at).toISOString()}] [${entry.type.toUpperCase()}] ${message}${facts}`.slice(
    0,
    MAX_LINE_LENGTH,
  );
}
