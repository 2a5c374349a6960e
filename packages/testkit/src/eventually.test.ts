import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.js';

describe('eventually', () => {
  it('gives the first truthy value', async () => {
    let looks = 0;
    expect(await eventually(() => (++looks >= 3 ? `look ${looks}` : ''), { everyMs: 1 })).toBe('look 3');
  });

  it('takes an exception for "not yet"', async () => {
    let looks = 0;
    const look = async () => {
      if (++looks < 3) throw new Error('too early');
      return looks;
    };
    expect(await eventually(look, { everyMs: 1 })).toBe(3);
  });

  it('says at the deadline what was waited for and what was seen', async () => {
    const waiting = eventually(() => false, { timeoutMs: 20, message: 'the phone to ring' });
    await expect(waiting).rejects.toThrow(/20 ms for the phone to ring; last seen: false/);
  });

  it('keeps the last exception as the cause', async () => {
    const cause = new Error('connection refused');
    const waiting = eventually(() => Promise.reject(cause), { timeoutMs: 20 });
    await expect(waiting).rejects.toMatchObject({ cause, message: expect.stringContaining('connection refused') });
  });
});
