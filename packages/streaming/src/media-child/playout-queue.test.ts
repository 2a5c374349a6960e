import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { PlayoutQueue } from './playout-queue.js';

function makeQueue(maxMs = 60_000) {
  const clock = new FakeClock();
  const marks: string[] = [];
  const startMs = clock.now();
  const queue = new PlayoutQueue({
    now: () => clock.now(),
    maxMs,
    onMark: (name) => marks.push(`${name} ${clock.now() - startMs}`),
  });
  return {
    queue,
    clock,
    marks,
    say: (ms: number, value = 1) => queue.push(new Int16Array(ms * 8).fill(value)),
    /** What the pacer does, for so many frames; gives the first sample of each, 0 for silence. */
    play(frames: number): number[] {
      return Array.from({ length: frames }, () => {
        clock.advance(20);
        const frame = queue.next();
        expect([undefined, 160]).toContain(frame?.length);
        return frame?.[0] ?? 0;
      });
    },
  };
}

it('plays in order, in real time, whatever the length of what came', () => {
  const { say, play, queue } = makeQueue();
  say(50, 1);
  say(1, 2);
  say(69, 3);
  expect(play(7)).toEqual([1, 1, 1, 3, 3, 3, 0]);
  expect(queue).toMatchObject({ queuedMs: 0, playedMs: 120 });
});

describe('marks', () => {
  it('are answered when the audio before them has been played, not when it was handed out', () => {
    const { say, play, queue, marks } = makeQueue();
    say(60);
    queue.mark('first');
    say(40);
    queue.mark('second');
    play(10);
    expect(marks).toEqual(['first 80', 'second 120']); // Handed out at 60 and 100, each played for 20 ms.
  });

  it('are answered at once when nothing stands before them', () => {
    const { play, queue, marks } = makeQueue();
    queue.mark('a');
    queue.mark('b');
    play(1);
    expect(marks).toEqual(['a 20', 'b 20']);
  });

  it('are answered in order by clear, and what comes afterwards is played', () => {
    const { say, play, queue, marks, clock } = makeQueue();
    say(1_000);
    queue.mark('a');
    say(1_000);
    queue.mark('b');
    play(5);
    queue.clear();
    expect(marks).toEqual(['a 100', 'b 100']);
    expect(play(1)).toEqual([0]);
    say(60, 5);
    expect(play(4)).toEqual([5, 5, 5, 0]);
    expect(queue.counts.clearedMs).toBe(1_900);
    expect(clock.pendingTimers).toBe(0);
  });

  it('have an end', () => {
    const { queue, play, marks } = makeQueue();
    const kept = Array.from({ length: 3_000 }, (_, index) => queue.mark(String(index))).filter(Boolean);
    expect(kept.length).toBe(2_000);
    play(1);
    expect(marks.length).toBe(2_000);
    expect(queue.mark('again')).toBe(true);
  });
});

describe('a bot that jitters', () => {
  it('is gathered for 40 ms before it is heard, and no longer', () => {
    const { say, play } = makeQueue();
    say(20);
    expect(play(1)).toEqual([0]);
    say(20);
    expect(play(3)).toEqual([1, 1, 0]);
    say(10); // Less than a frame, and nothing more comes.
    expect(play(3)).toEqual([0, 1, 0]);
  });

  it('is heard at once when it has said all, which its mark tells', () => {
    const { say, play, queue } = makeQueue();
    say(20);
    queue.mark('beep');
    expect(play(1)).toEqual([1]);
  });

  it('is heard without a gap once the queue has run, and its delay does not grow', () => {
    const { say, play, queue } = makeQueue();
    say(40);
    const heard = [];
    for (let i = 0; i < 200; i++) {
      if (i % 5 === 0) say(100); // In pieces of 100 ms, as long as it takes to play them.
      heard.push(...play(1));
    }
    expect(heard).not.toContain(0);
    expect(queue.queuedMs).toBeLessThanOrEqual(140);
  });
});

describe('the queue has an end', () => {
  it('of which the oldest falls, with the marks before it answered', () => {
    const { say, play, queue, marks } = makeQueue(200);
    say(100, 1);
    queue.mark('a');
    say(100, 2);
    say(50, 3);
    expect(queue.queuedMs).toBe(200);
    expect(play(11)).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 0]);
    expect(marks).toHaveLength(1);
    say(100, 4);
    say(1_000, 5);
    expect(play(1)).toEqual([5]);
    expect(queue.counts).toMatchObject({ droppedMs: 950, deepestQueueMs: 200 });
  });

  it('and goes by unheard while the party is on hold', () => {
    const { say, play, queue, marks, clock } = makeQueue();
    say(2_000, 1);
    queue.mark('a');
    say(1_000, 2);
    play(5);
    for (let second = 0; second < 2; second++) {
      clock.advance(1_000);
      queue.tick();
    }
    expect(marks).toEqual(['a 2100']);
    expect(play(1)).toEqual([2]);
    expect(queue.queuedMs).toBeLessThan(1_000);
    queue.tick(); // Somebody listens again: nothing is dropped.
    expect(play(2)).toEqual([2, 2]);
  });
});

describe('a delay that once arose', () => {
  /** A second of speech, the last fifth of it a pause, as it comes live: 20 ms each 20 ms. What was heard. */
  function liveSecond({ say, play }: ReturnType<typeof makeQueue>): number[] {
    return Array.from({ length: 50 }, (_, i) => {
      say(20, i < 40 ? 1_000 : 5);
      return play(1)[0] ?? 0;
    });
  }

  it('does not stay: the pauses of a bot that speaks live are shortened, its words are all heard', () => {
    const made = makeQueue();
    made.say(900, 1_000); // The socket had stalled.
    const heard = Array.from({ length: 12 }, () => liveSecond(made)).flat();
    expect(made.queue.queuedMs).toBeLessThanOrEqual(120);
    const words = heard.filter((sample) => sample === 1_000).length;
    expect(words).toBeGreaterThanOrEqual(45 + 12 * 40 - 6);
    expect(made.queue.counts.droppedMs).toBeGreaterThanOrEqual(780);
  });

  it('is none when a bot sends its whole text at once: nothing of it is left out', () => {
    const { say, play, queue } = makeQueue();
    for (let second = 0; second < 12; second++) {
      say(800, 1_000);
      say(200, 5);
    }
    expect(play(601).filter((sample) => sample !== 0)).toHaveLength(600);
    expect(queue.counts.droppedMs).toBe(0);
  });

  it('nor when it sends a tenth faster than it is heard', () => {
    const { say, play, queue } = makeQueue();
    for (let i = 0; i < 500; i++) {
      say(22, i % 50 < 40 ? 1_000 : 5);
      play(1);
    }
    expect(queue.counts.droppedMs).toBe(0);
  });
});
