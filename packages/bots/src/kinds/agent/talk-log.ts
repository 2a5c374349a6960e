import type { TalkLine } from './provider-request.js';

const maxLines = 40;
const maxCharacters = 20_000;

/** What was said of late, for a provider that knows nothing of it. */
export class TalkLog {
  #lines: TalkLine[] = [];
  #characters = 0;

  get lines(): readonly TalkLine[] {
    return this.#lines;
  }

  add(line: TalkLine): void {
    if (line.text === '') return;
    const kept = { ...line, text: line.text.slice(0, 4_000) };
    this.#lines.push(kept);
    this.#characters += kept.text.length;
    while (this.#lines.length > maxLines || this.#characters > maxCharacters)
      this.#characters -= this.#lines.shift()?.text.length ?? this.#characters;
  }
}
