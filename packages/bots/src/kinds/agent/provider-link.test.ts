import { OutboundError } from '@intermix/outbound';
import { resamplersReady } from '@intermix/streaming/media-child';
import { beforeAll, describe, expect, it } from 'vitest';
import { callerWords, makeCall, makeTalk, speechStarted, speechStopped } from '../../testing/agent-call.js';

beforeAll(() => resamplersReady);

describe('a provider that is lost', () => {
  it('is connected to again, and told what was said; what the caller says meanwhile is kept', async () => {
    const { bench, provider, socket, pass } = await makeTalk();
    socket.tell(speechStarted(), speechStopped, callerWords('I am Asha.'));
    socket.speak('r1', { ms: 200 }).finish('r1', { words: 'Hello Asha.' });
    await pass(300);
    bench.mark('agent-2');
    socket.tell(speechStarted('caller-2'), speechStopped);
    socket.drop();
    await pass(300);
    expect(provider.sockets).toHaveLength(2);
    provider.last.accept();
    expect(provider.last.told).toEqual([
      ...['session.update', 'conversation.item.create', 'conversation.item.create', 'response.create'],
    ]);
    expect(provider.last.of('conversation.item.create').map(({ item }) => item.content[0].text)).toEqual([
      'I am Asha.',
      'Hello Asha.',
    ]);
    expect(provider.last.of('input_audio_buffer.append').length).toBeGreaterThanOrEqual(3);
    bench.stop();
    expect(bench.report?.events.map(({ type }) => type)).toEqual(['provider-lost', 'provider-reconnected']);
  });

  it('ends the call when it does not come back', async () => {
    const { bench, provider, socket, pass } = await makeTalk({ reconnect: { tries: 2 } });
    const gone = () => new OutboundError('connect', 'provider.example cannot be reached.');
    socket.drop();
    await pass(300);
    provider.last.drop(1006, gone());
    await pass(600);
    provider.last.drop(1006, gone());
    expect(provider.sockets).toHaveLength(3);
    expect(bench.report).toMatchObject({
      disconnectedBy: 'error',
      detail: 'The provider was lost: provider.example cannot be reached.',
    });
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('is not tried again where its address may not be opened', () => {
    const { bench, provider } = makeCall();
    provider.last.drop(1006, new OutboundError('address-refused', 'provider.example is private.'));
    expect(provider.sockets).toHaveLength(1);
    expect(bench.report).toMatchObject({ disconnectedBy: 'error' });
  });

  it('is given up when it does not read', async () => {
    const { bench, provider, socket, pass } = await makeTalk();
    socket.bufferedBytes = 2_000_000;
    bench.hear();
    expect(socket.closedWith).toBe(1008);
    await pass(300);
    expect(provider.sockets).toHaveLength(2);
  });

  it('is held up when it is far ahead of the caller, who hears all of it', async () => {
    const { bench, socket, passLong } = await makeTalk();
    for (let second = 0; second < 400; second++) socket.speak('r1', { ms: 1_000 });
    socket.finish('r1', { words: 'A long answer.' });
    expect(bench.session.queuedMs).toBeLessThan(305_000);
    expect(socket.unread).toBeGreaterThan(90);
    await passLong(50_000);
    expect(bench.session.queuedMs).toBeGreaterThan(270_000);
    await passLong(355_000);
    expect([socket.unread, socket.isPaused, bench.session.queuedMs]).toEqual([0, false, 0]);
    bench.stop();
    expect(bench.report).toMatchObject({
      disconnectedBy: 'customer',
      transcript: [{ role: 'assistant', text: 'A long answer.' }],
    });
    expect(bench.said.length / 8000).toBeGreaterThan(399);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('is read on as soon as the rest of its answer is dropped', async () => {
    const { bench, socket, passLong } = await makeTalk({ max_duration_seconds: 20 });
    for (let second = 0; second < 400; second++) socket.speak('r1', { ms: 1_000 });
    await passLong(20_000);
    expect(bench.events()).toContain('clear');
    expect([socket.unread, socket.isPaused, bench.session.queuedMs]).toEqual([0, false, 0]);
  });

  it('is given up when it floods, before the memory is full', async () => {
    const { bench, socket } = await makeTalk();
    socket.heedsPause = false;
    for (let second = 0; second < 600 && bench.report === undefined; second++)
      socket.speak(`r${second}`, { ms: 1_000, itemId: 'endless' });
    expect(bench.report).toMatchObject({
      disconnectedBy: 'error',
      detail: 'The provider says more than can be heard.',
    });
    expect(bench.said.length / 8000).toBeLessThan(31);
    const floods = await makeTalk();
    for (let count = 0; count < 10_000 && floods.bench.report === undefined; count++)
      floods.socket.tell({ type: 'rate_limits.updated' });
    const pings = await makeTalk();
    for (let count = 0; count < 10_000 && pings.bench.report === undefined; count++) pings.socket.tellPing();
    for (const { report } of [floods.bench, pings.bench])
      expect(report?.detail).toBe('The provider was lost: It sends more than any speech needs.');
  });
});
