import type { Platform } from '../platform.js';

/** Where Exotel's SDK keeps it, so that a page finds it in the same place. */
export const REPORT_KEY = 'troubleShootReport';
/** Characters; the oldest lines go first. */
const LONGEST = 65_536;
const LONGEST_LINE = 1_000;

/** The report that an agent sends to support: lines with a time, kept in the browser's storage, which may refuse. */
export class TroubleshootReport {
  readonly #platform: Platform;
  readonly #changed: (text: string) => void;
  #text: string;

  constructor(platform: Platform, changed: (text: string) => void) {
    this.#platform = platform;
    this.#changed = changed;
    this.#text = this.#stored();
  }

  /** All lines so far, those of earlier visits too. */
  get text(): string {
    return this.#text;
  }

  add(type: 'INFO' | 'WARNING', message: string): void {
    const at = new Date(this.#platform.clock.now()).toISOString().replace('T', ' ').slice(0, 19);
    const line = `[${at}] [${type}] TROUBLESHOOTER_FSM_REPORT: ${withoutSecrets(message).slice(0, LONGEST_LINE)}\n`;
    this.#text = shortened(this.#text + line);
    try {
      this.#platform.profileStorage?.setItem(REPORT_KEY, this.#text);
    } catch {
      // The storage is full or forbidden: the report lives as long as the page.
    }
    this.#changed(this.#text);
  }

  /** Offers it as a file. */
  save(): void {
    const day = new Date(this.#platform.clock.now()).toISOString().slice(0, 10);
    this.#platform.saveFile(`webrtc_sdk_diagnostics_${day}.txt`, this.#text);
  }

  #stored(): string {
    try {
      return shortened(this.#platform.profileStorage?.getItem(REPORT_KEY) ?? '');
    } catch {
      return '';
    }
  }
}

function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const kept = text.slice(-LONGEST);
  return kept.slice(kept.indexOf('\n') + 1);
}

/** What a URL may carry for somebody else's eyes only, and credentials in whatever form. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(\w:\/\/)[^/@\s]*@/g, '$1')
    .replace(/(\w:\/\/[^?\s]*)\?\S*/g, '$1?…')
    .replace(/((?:secret|password|credential|token)["']?\s*[=:]\s*)["']?[^"'\s,;}]+/gi, '$1[redacted]')
    .replace(/[\r\n]+/g, ' ');
}
