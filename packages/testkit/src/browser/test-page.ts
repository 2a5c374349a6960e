import type { Page } from 'playwright-core';

const mostLines = 2_000;

/** A page that remembers what it complained of. */
export class TestPage {
  readonly page: Page;
  /** Console errors and uncaught exceptions, in order. */
  readonly errors: string[] = [];
  /** Everything written to the console, `type: text`. */
  readonly console: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => keep(this.errors, `uncaught: ${error.stack ?? error.message}`));
    page.on('crash', () => keep(this.errors, 'the page crashed'));
    page.on('console', (message) => {
      keep(this.console, `${message.type()}: ${message.text()}`);
      if (message.type() === 'error') keep(this.errors, `${message.text()} (${message.location().url})`);
    });
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

function keep(lines: string[], line: string): void {
  if (lines.length < mostLines) lines.push(line);
}
