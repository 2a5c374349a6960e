import { describe, expect, it } from 'vitest';
import { SessionBench } from '../testing/session-bench.js';
import type { Bot, BotKind, BotSession } from './bot.js';
import { BacklogSpace } from './speech-backlog.js';

const rate = 8;
/** So many milliseconds, each sample with the second it lies in. */
const counted = (ms: number) => Int16Array.from({ length: ms * rate }, (_, at) => 1 + Math.floor(at / (1_000 * rate)));

function speaking(options: { space?: BacklogSpace; marks?: string[] } = {}) {
  let session: BotSession | undefined;
  const kind: BotKind<never> = {
    name: 'speaker',
    parse: () => ({}) as never,
    start(_, own): Bot {
      session = own;
      return { handleAudio() {}, handleMark: (name) => options.marks?.push(name), close() {} };
    },
  };
  const bench = new SessionBench({ kind, ...options }).start();
  if (session === undefined) throw new Error('the bot was not started');
  return { bench, session };
}

const msIn = (messages: SessionBench['sent']) =>
  messages.reduce((sum, message) => sum + (message.event === 'media' ? message.audio.length / 2 / rate : 0), 0);
const sentMs = (bench: SessionBench) => msIn(bench.sent);

/** Time passes in steps, in which the caller is heard: a session of which nothing comes is ended. */
function pass(bench: SessionBench, ms: number): void {
  for (let left = ms; left > 0; left -= 1_000) {
    bench.clock.advance(Math.min(left, 1_000));
    bench.hear();
  }
}

describe('a bot that says more than is heard at once', () => {
  it('says all of a prompt of four minutes; the far end has thirty seconds of it at the most, and never runs dry', () => {
    const { bench, session } = speaking();
    session.say(counted(240_000));
    expect(sentMs(bench)).toBe(30_000);
    expect(session.queuedMs).toBe(240_000);
    for (let heardMs = 0; heardMs < 240_000; heardMs += 1_000) {
      const aheadMs = sentMs(bench) - heardMs;
      expect(aheadMs).toBeLessThanOrEqual(30_000);
      expect(aheadMs).toBeGreaterThanOrEqual(Math.min(24_000, 240_000 - heardMs));
      pass(bench, 1_000);
    }
    expect(Int16Array.from(bench.said).every((sample, at) => sample === 1 + Math.floor(at / (1_000 * rate)))).toBe(
      true,
    );
    expect(sentMs(bench)).toBe(240_000);
    expect(session.queuedMs).toBe(0);
  });

  it('has its marks behind what was said before them, and in their order', () => {
    const { bench, session } = speaking();
    session.say(counted(60_000));
    session.mark('first');
    session.say(counted(10_000));
    session.mark('second');
    const marks = () => bench.sent.flatMap((message) => (message.event === 'mark' ? [message.name] : []));
    expect(marks()).toEqual([]);
    pass(bench, 29_000);
    expect(marks()).toEqual([]);
    pass(bench, 7_000);
    expect(marks()).toEqual(['first']);
    pass(bench, 10_000);
    expect(marks()).toEqual(['first', 'second']);
    const before = bench.sent.slice(
      0,
      bench.sent.findIndex((message) => message.event === 'mark'),
    );
    expect(msIn(before)).toBe(60_000);
  });

  it('is silent at once when it clears, and is told every mark', () => {
    const marks: string[] = [];
    const { bench, session } = speaking({ marks });
    session.say(counted(20_000));
    session.mark('there');
    session.say(counted(90_000));
    session.mark('here');
    const had = sentMs(bench);
    session.clear();
    expect(session.queuedMs).toBe(0);
    expect(bench.sent.at(-1)?.event).toBe('clear');
    bench.mark('there');
    pass(bench, 60_000);
    expect(marks).toEqual(['there', 'here']);
    expect(sentMs(bench)).toBe(had);
    session.say(counted(1_000));
    bench.clock.advance(40);
    expect(sentMs(bench)).toBe(had + 1_000);
  });

  it('goes on sooner where the far end dropped what it had', () => {
    const { bench, session } = speaking();
    session.say(counted(60_000));
    pass(bench, 1_000);
    bench.hear(1_000, 800, { queueMs: 0, playedMs: 1_000 });
    expect(sentMs(bench)).toBe(60_000);
  });

  it('keeps ten minutes, drops what is more, and counts it', () => {
    const { bench, session } = speaking();
    session.say(counted(590_000));
    session.say(counted(60_000));
    expect(session.queuedMs).toBe(630_000); // With the half minute that the far end has.
    bench.stop();
    expect(bench.report?.usage).toMatchObject({ audio_dropped_ms: 20_000 });
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('shares the room of its process, and gives it back', () => {
    const space = new BacklogSpace(70_000 * rate * 2);
    const [one, other] = [speaking({ space }), speaking({ space })];
    one.session.say(counted(70_000));
    other.session.say(counted(70_000));
    expect(one.session.queuedMs).toBe(70_000);
    expect(other.session.queuedMs).toBe(0);
    one.bench.stop();
    other.session.say(counted(70_000));
    expect(other.session.queuedMs).toBe(70_000);
    other.session.clear();
    expect(space.take(70_000 * rate * 2)).toBe(true);
  });
});
