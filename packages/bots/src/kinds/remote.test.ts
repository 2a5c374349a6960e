import { type GuardedWebSocket, OutboundError, type WebSocketHandlers } from '@intermix/outbound';
import { readPlatformMessage, writeBotMessage } from '@intermix/streaming';
import { describe, expect, it } from 'vitest';
import type { BotKind } from '../session/bot.js';
import { SessionBench } from '../testing/session-bench.js';
import { remote } from './remote.js';

/** A session whose bot is elsewhere, and the hand of that bot. */
function open(hops = 0) {
  const sent: string[] = [];
  let handlers: WebSocketHandlers | undefined;
  const socket = {
    bufferedBytes: 0,
    closed: 0,
    send: (text: string) => void sent.push(text),
    ping() {},
    pause() {},
    resume() {},
    close: () => void socket.closed++,
  };
  const urls: string[] = [];
  let shown: Readonly<Record<string, string>> | undefined;
  const bench = new SessionBench({
    kind: remote as BotKind<never>,
    config: { url: 'wss://u:p@bot.example/x', custom_parameters: { lang: 'hi' } },
    order: { hops },
    outside: {
      openWebSocket: (url, { headers }, own) => {
        urls.push(url);
        shown = headers;
        handlers = own;
        return socket as unknown as GuardedWebSocket;
      },
    },
  }).start({ customParameters: { a: 'b' } });
  const heard = () => sent.map((text) => readPlatformMessage(text));
  return { bench, sent, socket, urls, shown, heard, far: handlers as WebSocketHandlers };
}

const end = (more: object = {}) => ({ wasOpen: true, code: 1000, reason: '', error: undefined, ...more });

describe('a remote bot', () => {
  it('is told of the call as the platform tells it, with what was heard before it came', () => {
    const { bench, far, heard, urls } = open();
    bench.hear(5);
    expect(heard()).toEqual([]);
    far.opened('');
    expect(urls).toEqual(['wss://u:p@bot.example/x']);
    expect(heard()).toMatchObject([
      { event: 'connected' },
      { event: 'start', start: { streamSid: 'stream-1', callSid: 'call-1', customParameters: { a: 'b', lang: 'hi' } } },
      { event: 'media', media: { chunk: 1, timestampMs: 100 } },
    ]);
    bench.press('5');
    bench.stop();
    expect(heard().slice(3)).toMatchObject([
      { event: 'dtmf', digit: '5' },
      { event: 'stop', stop: { reason: 'callended' } },
    ]);
    expect(bench.report?.disconnectedBy).toBe('customer');
  });

  it('says how many bots handed the stream on', () => {
    expect([open().shown, open(2).shown]).toEqual([{ 'x-intermix-bot-hops': '1' }, { 'x-intermix-bot-hops': '3' }]);
  });

  it('speaks, marks and clears; marks come back', () => {
    const { bench, far, heard } = open();
    far.opened('');
    const say = (text: string) => far.message(Buffer.from(text), false);
    say(writeBotMessage.media('stream-1', Buffer.alloc(3200, 1)));
    say(writeBotMessage.mark('stream-1', 'm'));
    say(writeBotMessage.clear('stream-1'));
    expect(bench.events()).toEqual(['media', 'mark m', 'clear']);
    bench.mark('m');
    expect(heard().at(-1)).toMatchObject({ event: 'mark', name: 'm' });
  });

  it.each([
    ['closes', end(), 'bot', /1000/],
    ['breaks off', end({ code: 1006 }), 'error', /1006/],
    ['fails', end({ code: 1011 }), 'error', /1011/],
    ['breaks', end({ code: 1006, error: new OutboundError('connect', 'It broke.') }), 'error', /It broke/],
    ['never comes', end({ wasOpen: false, error: new OutboundError('timeout', 'Too late.') }), 'error', /Too late/],
  ])('that %s ends the session', (_, how, by, why) => {
    const { bench, far } = open();
    if (how.wasOpen) far.opened('');
    far.closed(how);
    expect(bench.report).toMatchObject({ disconnectedBy: by, detail: expect.stringMatching(why) });
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('that talks nonsense, or too much, is left, and its socket closed', () => {
    const nonsense = open();
    nonsense.far.opened('');
    for (let index = 0; index < 25; index++) nonsense.far.message(Buffer.from('{'), false);
    expect([nonsense.bench.report?.disconnectedBy, nonsense.socket.closed]).toEqual(['error', 1]);
    const pings = open();
    pings.far.opened('');
    for (let index = 0; index < 6_000; index++) pings.far.alive?.('ping');
    expect(pings.bench.report?.disconnectedBy).toBe('error');
  });

  it('that does not read loses audio, which is counted', () => {
    const { bench, far, socket, sent } = open();
    far.opened('');
    const before = sent.length;
    socket.bufferedBytes = 2_000_000;
    bench.hear();
    expect(sent).toHaveLength(before);
    bench.stop();
    expect(bench.report?.usage).toMatchObject({ frames_dropped: 1 });
  });

  it('is named by a URL', () => {
    for (const url of ['https://bot.example/', 'wss://', 'x'])
      expect(() => remote.parse({ url })).toThrow(expect.objectContaining({ code: 'ERR_BOT_CONFIG', path: 'url' }));
  });
});
