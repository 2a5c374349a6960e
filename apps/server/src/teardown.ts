import type { Logger } from '@intermix/kernel';

/** What was started, undone in the opposite order. A part that fails to stop does not keep the others from it. */
export class Teardown {
  readonly #steps: { name: string; stop: () => Promise<unknown> }[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, stop: () => Promise<unknown>): void {
    this.#steps.push({ name, stop });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.stop();
        this.#logger.debug({ part: step.name }, 'part stopped');
      } catch (error) {
        this.#logger.error({ err: error, part: step.name }, 'a part did not stop cleanly');
      }
    }
  }
}
