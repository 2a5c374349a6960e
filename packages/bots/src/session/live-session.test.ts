import { describe, expect, it } from 'vitest';
import { echo } from '../kinds/echo.js';
import { SessionBench } from '../testing/session-bench.js';
import type { Bot, BotKind, BotSession } from './bot.js';

/** A bot that does what a test says. */
function scripted(make: (session: BotSession) => Partial<Bot>): BotKind<never> {
  return {
    name: 'scripted',
    parse: () => ({}) as never,
    start: (_, session) => ({ handleAudio() {}, close() {}, ...make(session) }),
  };
}

describe('a session of a bot', () => {
  it('starts its bot with the call, hears and speaks, and tells what became of it', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never> }).start({ customParameters: { lang: 'hi' } });
    expect(bench.facts).toMatchObject({
      ...{ botId: 'bot_1', streamSid: 'stream-1', callSid: 'call-1', from: '+919876543210', to: '+918047110001' },
      ...{ sampleRate: 8000, customParameters: { lang: 'hi' } },
    });
    bench.hear(7);
    bench.clock.advance(100);
    expect(bench.sent).toEqual([]);
    bench.hear(8);
    bench.press('5');
    expect(bench.sent).toHaveLength(1); // Of 3,200 octets, as Exotel's cloud wants them.
    expect(bench.said).toEqual([...new Array(800).fill(7), ...new Array(800).fill(8)]);
    bench.stop();
    expect(bench.report).toMatchObject({
      ...{ disconnectedBy: 'customer', detail: 'stop: callended', durationMs: 100 },
      usage: { audio_in_ms: 200, audio_out_ms: 200, duration_ms: 100 },
      events: [{ type: 'dtmf', at_ms: 100, data: { digit: '5' } }],
      latencySamples: [{ name: 'first-audio', ms: 100, at_ms: 100 }],
    });
    expect(bench.closedWith?.code).toBe(1000);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('takes the token of its URL for no parameter of the call', () => {
    const order = { shownToken: 'planted-token-0001' };
    const bench = new SessionBench({ kind: echo as BotKind<never>, order }).start({
      customParameters: { token: 'planted-token-0001', Token: 'other', again: 'a planted-token-0001 b', lang: 'hi' },
    });
    expect(bench.facts?.customParameters).toEqual({ lang: 'hi' });
    const own = { token: 'of the call', lang: 'hi' };
    expect(new SessionBench({ kind: echo as BotKind<never> }).start({ customParameters: own }).facts).toMatchObject({
      customParameters: own,
    });
  });

  it('reads numbers as numbers, ids in either spelling, and bears what it does not know', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never> });
    const { session } = bench;
    session.handleMessage('{"event":"connected","protocol":"Call"}');
    session.handleMessage(
      '{"event":"start","streamSid":"s9","sequence_number":1,"start":{"call_sid":12,"media_format":{"sample_rate":16000}}}',
    );
    session.handleMessage('{"event":"clear"}');
    session.handleMessage(`{"event":"media","media":{"chunk":1,"timestamp":100,"payload":"${'AAAA'.repeat(1_068)}"}}`);
    expect(bench.facts).toMatchObject({ streamSid: 's9', callSid: '12', sampleRate: 16_000 });
    expect(bench.said).toHaveLength(1_600);
    expect(bench.report).toBeUndefined();
  });

  it.each([
    [1000, undefined, 'customer', 'closed with 1000, without stop'],
    [1001, undefined, 'customer', 'closed with 1001, without stop'],
    [1005, undefined, 'customer', 'closed with 1005, without stop'],
    [1006, undefined, 'error', 'The connection broke off, without stop.'],
    [1011, undefined, 'error', 'The far end closed with 1011, without stop.'],
    [4000, undefined, 'error', 'The far end closed with 4000, without stop.'],
    [1006, 'read ECONNRESET', 'error', 'read ECONNRESET'],
    [1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'error', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
  ])('whose far end closes with %i (%s) was ended by %s', (code, broken, disconnectedBy, detail) => {
    const bench = new SessionBench({ kind: echo as BotKind<never> }).start();
    bench.session.handleClosed(code, broken);
    expect(bench.report).toMatchObject({ disconnectedBy, detail });
    expect(bench.overs).toBe(1);
  });

  it.each(['callended', 'stopped'])(
    'whose far end says stop (%s) was ended by the customer, whatever comes then',
    (reason) => {
      const bench = new SessionBench({ kind: echo as BotKind<never> }).start();
      bench.stop(reason);
      bench.session.handleClosed(1006, 'read ECONNRESET');
      expect(bench.report).toMatchObject({ disconnectedBy: 'customer', detail: `stop: ${reason}` });
      expect(bench.overs).toBe(1);
    },
  );

  it('takes a call outside of the hours down, and says nothing to it', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never>, order: { verdict: 'outside_hours' } }).start();
    expect(bench.report).toMatchObject({ disconnectedBy: 'outside_hours', durationMs: 0 });
    expect([bench.closedWith?.code, bench.sent]).toEqual([1000, []]);
  });

  it('lets the bot hang up, and hears nothing afterwards', () => {
    const bench = new SessionBench({
      kind: scripted((session) => ({ handleDtmf: () => session.close('bot', 'done') })),
    }).start();
    bench.press('1');
    bench.press('2');
    expect(bench.report).toMatchObject({ disconnectedBy: 'bot', detail: 'done' });
    bench.session.handleClosed(1000);
    bench.session.say(new Int16Array(800));
    bench.session.mark('late');
    expect(bench.sent).toEqual([]);
  });

  it.each([
    [
      'as it starts',
      () => {
        throw new Error('broken');
      },
    ],
    [
      'as it hears',
      () => ({
        handleAudio: () => {
          throw new Error('broken');
        },
      }),
    ],
    [
      'as it is closed',
      (session: BotSession) => ({
        handleAudio: () => session.close('error'),
        close: () => {
          throw new Error('broken');
        },
      }),
    ],
  ])('ends as an error when the bot fails %s', (_, make) => {
    const bench = new SessionBench({ kind: scripted(make as never) }).start();
    bench.hear();
    expect(bench.report).toMatchObject({ disconnectedBy: 'error' });
    expect([bench.closedWith?.code, bench.clock.pendingTimers]).toEqual([1011, 0]);
  });
});

describe('marks', () => {
  const marking = () => {
    const told: string[] = [];
    const bench = new SessionBench({
      kind: scripted(() => ({ handleMark: (name) => void told.push(name) })),
    }).start();
    return { bench, told };
  };

  it('are told once, as the far end tells them', () => {
    const { bench, told } = marking();
    bench.session.say(new Int16Array(8000));
    bench.session.mark('a');
    bench.mark('a', { queueMs: 0, playedMs: 1000 });
    bench.mark('a');
    bench.clock.advance(20_000);
    expect(told).toEqual(['a']);
    expect(bench.session.playedMs).toBe(1000);
  });

  it('are told though the far end tells none', () => {
    const { bench, told } = marking();
    bench.session.say(new Int16Array(8000));
    bench.session.mark('a');
    bench.clock.advance(3_900);
    expect(told).toEqual([]);
    bench.hear(); // It lives.
    bench.clock.advance(200);
    expect(told).toEqual(['a']);
  });

  it('are told soon after what is before them was dropped', () => {
    const { bench, told } = marking();
    bench.session.say(new Int16Array(80_000));
    bench.session.mark('a');
    bench.clock.advance(1_000);
    bench.session.clear();
    expect([bench.session.playedMs, bench.session.queuedMs]).toEqual([1_000, 0]);
    bench.clock.advance(300);
    expect(told).toEqual(['a']);
    expect(bench.events().slice(-2)).toEqual(['mark a', 'clear']);
  });
});

describe('what is said', () => {
  it('waits for more when it is little, counts as waiting meanwhile, and is filled up', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never> }).start();
    bench.session.say(new Int16Array(100).fill(1));
    bench.session.say(new Int16Array(100).fill(2));
    expect([bench.sent.length, bench.session.queuedMs]).toEqual([0, 25]);
    bench.clock.advance(40);
    expect(bench.said).toEqual([...new Array(100).fill(1), ...new Array(100).fill(2), ...new Array(120).fill(0)]);
    expect(bench.session.queuedMs).toBe(40);
  });

  it('counts as heard no more when the far end drops it', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never> }).start();
    bench.session.say(new Int16Array(24_000));
    bench.clock.advance(1_000);
    bench.mark('unasked', { queueMs: 1_500, playedMs: 1_000 });
    expect([bench.session.playedMs, bench.session.queuedMs]).toEqual([1_000, 1_500]);
    bench.clock.advance(1_500);
    bench.mark('unasked', { queueMs: 0, playedMs: 2_500 });
    expect([bench.session.playedMs, bench.session.queuedMs]).toEqual([2_500, 0]);
  });

  it('is cut into messages that are not too long', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never> }).start();
    bench.session.say(new Int16Array(100_000));
    const sizes = bench.sent.map((message) => (message.event === 'media' ? message.audio.length : 0));
    expect(sizes.every((size) => size % 320 === 0 && size <= 100_000)).toBe(true);
    expect(bench.said).toHaveLength(100_000);
    expect(bench.session.queuedMs).toBe(12_500);
  });
});

describe('limits of a session', () => {
  const open = () => new SessionBench({ kind: echo as BotKind<never> });

  it('a connection that says nothing is closed after ten seconds', () => {
    const bench = open();
    bench.session.handleMessage('{"event":"connected"}');
    bench.clock.advance(9_999);
    expect(bench.closedWith).toBeUndefined();
    bench.clock.advance(1);
    expect([bench.closedWith?.code, bench.neverStarted]).toEqual([1008, 'silent']);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('one that speaks another protocol is closed', () => {
    const bench = open();
    for (let index = 0; index < 30 && !bench.closedWith; index++) bench.session.handleMessage('GET / HTTP/1.1');
    expect([bench.closedWith?.code, bench.neverStarted]).toEqual([1003, 'bad-messages']);
    const octets = open();
    for (let index = 0; index < 30 && !octets.closedWith; index++) octets.session.handleOther('binary');
    expect(octets.neverStarted).toBe('bad-messages');
  });

  it('bears single bad messages, as many as good ones come between', () => {
    const bench = open().start();
    for (let index = 0; index < 100; index++) {
      bench.session.handleMessage('nonsense');
      bench.hear();
      bench.clock.advance(100);
    }
    expect(bench.report).toBeUndefined();
    for (let index = 0; index < 21; index++) bench.session.handleMessage('nonsense');
    expect([bench.report?.disconnectedBy, bench.closedWith?.code]).toEqual(['error', 1003]);
  });

  it('a flood of messages, of octets, or of pings is closed', () => {
    const messages = open().start();
    for (let index = 0; index < 2_000 && !messages.report; index++) messages.hear(0, 1);
    expect([messages.report?.disconnectedBy, messages.closedWith?.code]).toEqual(['error', 1008]);
    const octets = open().start();
    for (let index = 0; index < 20 && !octets.report; index++) octets.hear(0, 300_000);
    expect(octets.closedWith?.code).toBe(1008);
    const pings = open();
    for (let index = 0; index < 2_000 && !pings.neverStarted; index++) pings.session.handleOther('control');
    expect(pings.neverStarted).toBe('flood');
  });

  it('live speech at 24 kHz in 20 ms messages is no flood', () => {
    const bench = open().start({ sampleRate: 24_000 });
    for (let index = 0; index < 3_000; index++) {
      bench.hear(0, 480);
      bench.clock.advance(20);
    }
    expect(bench.report).toBeUndefined();
  });

  it('a far end of which nothing comes for half a minute is left, and its pings do not count', () => {
    const bench = open().start();
    bench.clock.advance(20_000);
    bench.hear();
    for (let index = 0; index < 29; index++) {
      bench.clock.advance(1_000);
      bench.session.handleOther('control');
    }
    expect(bench.report).toBeUndefined();
    bench.clock.advance(1_001);
    expect(bench.report).toMatchObject({ disconnectedBy: 'timeout', detail: 'Nothing came for 30 s.' });
  });

  it('the longest time of the bot ends it', () => {
    const bench = new SessionBench({ kind: echo as BotKind<never>, order: { maxCallMs: 60_000 } }).start();
    for (let index = 0; index < 60; index++) {
      bench.hear();
      bench.clock.advance(1_000);
    }
    expect(bench.report).toMatchObject({ disconnectedBy: 'timeout', durationMs: 60_000 });
  });

  it.each([
    ['as it is spoken to', (bench: SessionBench) => bench.hear(0, 1_600)],
    ['as it is spoken to at length', (bench: SessionBench) => bench.session.say(new Int16Array(100_000))],
    ['as what waits is sent before a mark', (bench: SessionBench) => bench.session.mark('m')],
    ['as what waits is sent before the end', (bench: SessionBench) => bench.session.close('bot', 'done')],
    ['as what waits has waited', (bench: SessionBench) => bench.clock.advance(40)],
  ])('a far end that does not read is left, once, %s', (_, speak) => {
    const bench = open().start();
    bench.session.say(new Int16Array(100));
    bench.bufferedBytes = 20_000_000;
    speak(bench);
    expect(bench.report).toMatchObject({ disconnectedBy: 'error', detail: 'The far end does not read.' });
    expect([bench.overs, bench.sent.length, bench.clock.pendingTimers]).toEqual([1, 1, 0]);
  });

  it('the server ends it: its process stops, or its bot was deleted', () => {
    const running = open().start();
    running.session.stop('The bot was deleted.');
    expect(running.report).toMatchObject({ disconnectedBy: 'error', detail: 'The bot was deleted.' });
    const silent = open();
    silent.session.stop('The bot was deleted.');
    expect([silent.neverStarted, silent.closedWith?.code]).toEqual(['stopped', 1012]);
  });

  it('what is kept of a talk is bounded', () => {
    const bench = new SessionBench({
      kind: scripted((session) => ({
        handleDtmf: () => {
          for (let index = 0; index < 2_000; index++) {
            session.transcript('user', `\0${'x'.repeat(10_000)}\ud800`);
            session.note('e', { long: 'y'.repeat(100_000), nul: 'a\0b' });
            session.use(`u${index}`, 1);
            session.measure('m', index);
          }
          session.use('u0', Number.NaN);
        },
      })),
    }).start();
    bench.press('1');
    bench.stop();
    const text = JSON.stringify(bench.report);
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).not.toContain('\\u0000');
    expect(bench.report?.usage).toMatchObject({ u0: 1 });
  });
});
