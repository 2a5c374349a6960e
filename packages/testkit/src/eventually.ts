/** How long and how often `eventually` looks. */
export interface EventuallyOptions {
  /** Give up after this many milliseconds. Default 5,000. */
  timeoutMs?: number;
  /** Pause between two looks in milliseconds. Default 10. */
  everyMs?: number;
  /** What was waited for; opens the error's message. */
  message?: string;
}

/**
 * Polls `look` until it gives something truthy and returns that. An exception in `look` counts as "not yet"; the last
 * one is the `cause` of the error that is thrown at the deadline. The way tests wait: never by a fixed sleep.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, everyMs = 10, message = 'the condition to hold' } = options;
  const deadline = Date.now() + timeoutMs;
  let last: { value?: unknown; error?: unknown } = {};
  for (;;) {
    last = await attempt(look);
    if (last.value) return last.value as NonNullable<T>;
    if (Date.now() >= deadline) break;
    await pause(everyMs);
  }
  const seen = last.error === undefined ? `last seen: ${String(last.value)}` : `last error: ${String(last.error)}`;
  throw new Error(`waited ${timeoutMs} ms for ${message}; ${seen}`, { cause: last.error });
}

async function attempt(look: () => unknown): Promise<{ value?: unknown; error?: unknown }> {
  try {
    return { value: await look() };
  } catch (error) {
    return { error: error ?? new Error('look threw nothing') };
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
