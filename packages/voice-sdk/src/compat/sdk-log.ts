import type { LogFields, Logger } from '@intermix/kernel';

/** `type`: `log` (debug), `info`, `warn` or `error`. */
export type LoggerCallback = (type: 'log' | 'info' | 'warn' | 'error', message: string, args: unknown[]) => void;

/** As many lines as Exotel's SDK keeps for `downloadLogs()`. In memory only: nothing is written to the browser's storage. */
const KEPT_LINES = 1000;
const secretName = /secret|password|passwd|authorization|credential|token/i;

/** The SDK's log: quiet unless a page asks, cheap (no storage, no growth), and free of secrets. */
export class SdkLog implements Logger {
  readonly #shared: { callback: LoggerCallback | undefined; console: boolean; lines: string[]; next: number };
  readonly #bindings: LogFields;

  constructor(parent?: SdkLog, bindings: LogFields = {}) {
    this.#shared = parent ? parent.#shared : { callback: undefined, console: false, lines: [], next: 0 };
    this.#bindings = parent ? { ...parent.#bindings, ...bindings } : bindings;
  }

  set callback(callback: LoggerCallback | undefined) {
    this.#shared.callback = callback;
  }

  set consoleEnabled(enabled: boolean) {
    this.#shared.console = enabled;
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
    return new SdkLog(this, bindings);
  }

  /** The kept lines, oldest first. */
  text(): string {
    const { lines, next } = this.#shared;
    const ordered = lines.length < KEPT_LINES ? lines : [...lines.slice(next), ...lines.slice(0, next)];
    return ordered.join('\n');
  }

  #write(type: Parameters<LoggerCallback>[0], fields: LogFields, message: string): void {
    const clean = redact({ ...this.#bindings, ...fields }) as LogFields;
    const args = Object.keys(clean).length > 0 ? [clean] : [];
    const text = redactText(message);
    const shared = this.#shared;
    shared.lines[shared.next] =
      `${new Date().toISOString()} ${type} ${text} ${args.length > 0 ? JSON.stringify(clean) : ''}`;
    shared.next = (shared.next + 1) % KEPT_LINES;
    // biome-ignore lint/suspicious/noConsole: the page asked for it by setEnableConsoleLogging(true).
    if (shared.console) globalThis.console[type](text, ...args);
    try {
      shared.callback?.(type, text, args);
    } catch {
      // A page's logger must not break a call.
    }
  }
}

/** A copy in which fields with a secret's name, and credentials inside SIP text, are blotted out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Error) return redactText(String(value));
  if (depth > 4) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    copy[name] = secretName.test(name) ? '[redacted]' : redact(field, depth + 1);
  }
  return copy;
}

function redactText(text: string): string {
  return text
    .replace(/^((?:Proxy-)?Authorization\s*:).*$/gim, '$1 [redacted]')
    .replace(/\bresponse="[^"]*"/gi, 'response="[redacted]"');
}
