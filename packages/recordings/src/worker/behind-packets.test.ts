import { readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { goBehindPackets } from './behind-packets.js';

it('puts the calling thread, and no other, behind those that move packets', () => {
  const set: number[][] = [];
  goBehindPackets({
    readThreadPath: () => '1234/task/1240',
    setNiceness: (...call) => set.push(call),
  });
  expect(set).toEqual([[1240, 10]]);
});

it('goes on as it was where there are no threads to be found, or none may be moved', () => {
  let asked = 0;
  const refuse = () => {
    asked++;
    throw new Error('EACCES');
  };
  expect(() => goBehindPackets({ readThreadPath: refuse, setNiceness: refuse })).not.toThrow();
  expect(() => goBehindPackets({ readThreadPath: () => '1234/task/1240', setNiceness: refuse })).not.toThrow();
  expect(() => goBehindPackets({ readThreadPath: () => 'no thread', setNiceness: refuse })).not.toThrow();
  expect(asked).toBe(2);
});

it.runIf(process.platform === 'linux')('reaches the real scheduler', () => {
  const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const before = getPriority(threadId);
  goBehindPackets();
  expect(getPriority(threadId)).toBe(Math.max(before, 10));
});
