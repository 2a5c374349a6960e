/** What every success of this generation looks like. */
export function snakeSuccess<Data>(data: Data): { success: true; data: Data } {
  return { success: true, data };
}

/** What a deletion answers. */
export function snakeDone(message: string): { success: true; message: string } {
  return { success: true, message };
}

export const isoTime = (date: Date | undefined): string | null => date?.toISOString() ?? null;
