import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** What a background thread has of the scheduler's attention where packets want the core too: nice 10, a tenth of what they have. */
const backgroundNiceness = 10;

/** How to reach the scheduler; tests give their own. */
export interface Scheduling {
  /** The calling thread's own directory of /proc: `1234/task/1240`. */
  readThreadPath(): string;
  setNiceness(threadId: number, niceness: number): void;
}

const linux: Scheduling = {
  readThreadPath: () => readlinkSync('/proc/thread-self'),
  setNiceness: setPriority,
};

/**
 * Puts the calling thread behind the threads that move packets: on a full core the kernel runs it when they wait. Linux takes a
 * thread's id where POSIX says process (setpriority(2), "C library/kernel differences"); elsewhere nothing changes, and the
 * thread is as urgent as all others.
 */
export function goBehindPackets(scheduling: Scheduling = linux): void {
  try {
    const threadId = Number(scheduling.readThreadPath().split('/').at(-1));
    if (Number.isInteger(threadId) && threadId > 0) scheduling.setNiceness(threadId, backgroundNiceness);
  } catch {
    // No /proc, or not allowed to: recordings are made all the same.
  }
}
