import { silentLogger } from '@intermix/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logWarnings } from './log.js';

let listeners: NodeJS.WarningListener[];
beforeEach(() => {
  listeners = process.listeners('warning');
});
afterEach(() => {
  vi.restoreAllMocks();
  process.removeAllListeners('warning');
  for (const listener of listeners) process.on('warning', listener);
});

describe('logWarnings', () => {
  it('logs what is warned of, and leaves standard error to nobody', async () => {
    const said: unknown[] = [];
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    logWarnings({ ...silentLogger, warn: (fields, message) => said.push([fields, message]) });
    process.emitWarning('a library grows old');
    await vi.waitFor(() => expect(said).toHaveLength(1));
    expect(said).toEqual([[{ err: expect.objectContaining({ message: 'a library grows old' }) }, expect.any(String)]]);
    expect(written).not.toHaveBeenCalled();
  });
});
