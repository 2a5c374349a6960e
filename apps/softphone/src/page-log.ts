import { redacted, saveText } from './files.js';

/** Lines kept; the oldest goes first. */
const KEPT = 1_000;

type Fields = Record<string, unknown>;

/** What the phone did in this tab, for a person who helps. Takes the SDK's lines too; telephone numbers by their end. */
export class PageLog {
  readonly #lines: string[];

  constructor(lines: string[] = []) {
    this.#lines = lines;
  }

  debug(fields: Fields, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: Fields, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: Fields, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: Fields, message: string): void {
    this.#write('error', fields, message);
  }

  /** The SDK binds fields of its own; here every line names what it needs. */
  child(): PageLog {
    return new PageLog(this.#lines);
  }

  save(): void {
    saveText('softphone_log', this.#lines.join('\n'));
  }

  #write(level: string, fields: Fields, message: string): void {
    const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
    this.#lines.push(`${new Date().toISOString()} ${level} ${redacted(message + rest)}`);
    if (this.#lines.length > KEPT) this.#lines.splice(0, this.#lines.length - KEPT);
  }
}
