import { resamplersReady } from '@intermix/streaming/media-child';
import { beforeAll, describe, expect, it } from 'vitest';
import { callerWords, makeCall, makeTalk, speechStarted, speechStopped } from '../../testing/agent-call.js';

beforeAll(() => resamplersReady);

describe('the greeting', () => {
  it("is said in the provider's voice", async () => {
    const { bench, provider, pass } = makeCall({ greeting: { text: 'Namaste {{custom.name}}!' } });
    provider.last.accept();
    expect(provider.last.of('response.create')[0]?.response.instructions).toContain('"Namaste Asha!"');
    provider.last.speak('r1', { ms: 1000 }).finish('r1', { words: 'Namaste!' });
    bench.mark('agent-1');
    await pass(1100);
    bench.mark('agent-2');
    expect(bench.said.length).toBe(8160); // All of it, and what fills up the last step.
    bench.stop();
    expect(bench.report?.transcript).toEqual([{ role: 'assistant', text: 'Namaste!', at_ms: 0 }]);
  });

  it("is said in the platform's, and the provider is told of it", async () => {
    const prompt = new Int16Array(8000).fill(9);
    const { bench, provider, pass } = makeCall({ greeting: { by: 'prompt', text: 'Welcome.' } }, { prompt });
    provider.last.accept();
    await pass(1000);
    bench.mark('agent-1');
    expect(bench.said).toEqual([...prompt]);
    expect(provider.last.of('conversation.item.create')).toMatchObject([
      { item: { role: 'assistant', content: [{ type: 'output_text', text: 'Welcome.' }] } },
    ]);
  });

  it("of the platform's is told as far as it was heard when the caller talks into it", async () => {
    const text = 'Welcome to our shop, how can we help?';
    const { bench, provider, pass } = makeCall(
      { greeting: { by: 'prompt', text } },
      { prompt: new Int16Array(16_000).fill(9) },
    );
    provider.last.accept();
    await pass(1_000);
    provider.last.tell(speechStarted());
    expect(bench.events().at(-1)).toBe('clear');
    expect(provider.last.of('conversation.item.create')[0]?.item.content[0].text).toBe('Welcome to our …');
    expect(provider.last.of('conversation.item.truncate')).toEqual([]);
  });

  it('is not talked into where that is not wanted', async () => {
    const { bench, provider, pass } = makeCall({ greeting: { interruptible: false } });
    provider.last.accept().speak('r1', { ms: 500 }).finish('r1');
    await pass(600);
    expect(provider.last.of('input_audio_buffer.append')).toEqual([]);
    bench.mark('agent-1');
    bench.mark('agent-2');
    bench.hear();
    expect(provider.last.of('input_audio_buffer.append')).toHaveLength(1);
  });
});

describe('a turn', () => {
  it.each([8000, 16_000, 24_000])('goes to the provider at 24 kHz as it comes, and back at %i', async (sampleRate) => {
    const { bench, socket } = await makeTalk({}, { sampleRate });
    for (let piece = 0; piece < 10; piece++) bench.hear(1000, sampleRate / 10);
    const octets = socket
      .of('input_audio_buffer.append')
      .reduce((sum, { audio }) => sum + Buffer.from(audio, 'base64').length, 0);
    expect(octets / 48).toBeGreaterThan(1095); // 1.1 s but for what the resampler holds back.
    expect(octets / 48).toBeLessThanOrEqual(1100);
    socket.speak('r1', { ms: 300 }).finish('r1');
    expect((bench.said.length / sampleRate) * 1000).toBeGreaterThan(295);
    expect((bench.said.length / sampleRate) * 1000).toBeLessThan(325);
  });

  it('leaves both sides’ words, delays and what it used', async () => {
    const { bench, socket, pass } = await makeTalk();
    socket.tell(speechStarted());
    await pass(1000);
    socket.tell(speechStopped, callerWords('Where is my parcel? '));
    await pass(300);
    const usage = { input_tokens: 50, output_tokens: 20, input_token_details: { audio_tokens: 40, cached_tokens: -1 } };
    socket.speak('r1', { ms: 400 }).finish('r1', { words: 'On its way.', usage });
    await pass(500);
    bench.mark('agent-2');
    bench.stop();
    expect(bench.report).toMatchObject({
      transcript: [
        { role: 'user', text: 'Where is my parcel?', at_ms: 100 },
        { role: 'assistant', text: 'On its way.', at_ms: 1400 },
      ],
      usage: { input_tokens: 50, output_tokens: 20, input_audio_tokens: 40, responses: 1 },
    });
    expect(bench.report?.latencySamples).toEqual(
      expect.arrayContaining([
        { name: 'reply', ms: 800, at_ms: 1400 },
        { name: 'provider', ms: 300, at_ms: 1400 },
      ]),
    );
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('understands the older spelling, and samples that are cut in two', async () => {
    const { bench, socket } = await makeTalk({ dialect: 'beta' });
    const audio = Buffer.from(new Int16Array(2400).fill(500).buffer);
    socket.tell({ type: 'response.created', response: { id: 'r1' } });
    for (const part of [audio.subarray(0, 1001), audio.subarray(1001)])
      socket.tell({ type: 'response.audio.delta', response_id: 'r1', item_id: 'i', delta: part.toString('base64') });
    socket.tell({ type: 'response.audio.done', item_id: 'i' });
    const steady = bench.said.slice(100, 700);
    expect(Math.min(...steady)).toBeGreaterThan(450);
    expect(Math.max(...steady)).toBeLessThan(550);
  });

  it('says where the caller’s words could not be written down', async () => {
    const { bench, socket } = await makeTalk();
    const error = { code: 'audio_unintelligible', message: 'Cannot read it, sk-planted-secret.' };
    socket.tell({ type: 'conversation.item.input_audio_transcription.failed', item_id: 'caller-1', error });
    bench.stop();
    expect(bench.report?.events).toMatchObject([
      { type: 'transcription-failed', data: { why: 'Cannot read it, ********.' } },
    ]);
  });

  it('bears what is no message', async () => {
    const { bench, socket } = await makeTalk();
    for (const text of [
      '',
      'null',
      '[]',
      '{"type":"constructor"}',
      '{"type":7}',
      '{"type":"response.done","response":3}',
    ])
      socket.tellText(text);
    socket.tell({ type: 'response.output_audio.delta', delta: 12 }, { type: 'error', error: 'x' });
    expect(bench.report).toBeUndefined();
  });

  it('tells the provider the keys that were pressed, several at once', async () => {
    const { bench, socket, pass } = await makeTalk();
    bench.press('1');
    bench.press('2');
    await pass(1600);
    expect(socket.of('conversation.item.create')).toMatchObject([
      { item: { role: 'user', content: [{ type: 'input_text', text: '[The caller pressed: 12]' }] } },
    ]);
    expect(socket.told.at(-1)).toBe('response.create');
  });
});

describe('a record of the call without longer numbers', () => {
  it('has neither what was said of them nor the keys; the model hears all', async () => {
    const { bench, socket, pass } = await makeTalk({ hide_digits: true });
    socket.tell(
      speechStarted(),
      speechStopped,
      callerWords('My card is 4242 4242-4242 4242, flat 12, मेरा नंबर ९८७६५ ४३२१०।'),
    );
    socket.speak('r1', { ms: 200 }).finish('r1', { words: 'I heard 4, 2, 4, 2, 4.' });
    await pass(300);
    bench.mark('agent-2');
    for (const key of '9753') bench.press(key);
    await pass(1_600);
    bench.stop();
    expect(bench.report?.transcript.map(({ text }) => text)).toEqual([
      'My card is ****, flat 12, मेरा नंबर ****।',
      'I heard ****.',
    ]);
    expect(bench.report?.events.map(({ data }) => data)).toEqual(Array(4).fill({ digit: '*' }));
    expect(socket.of('conversation.item.create').at(-1)?.item.content[0].text).toContain('9753');
  });
});

describe('a far end that drops half a second of what it was sent', () => {
  /** It tells its queue with each frame, as Intermix does, and plays a second and a half of two seconds. */
  async function heardButForHalfASecond(config: object) {
    const talk = await makeTalk(config);
    talk.socket.speak('r1', { ms: 2_000 }).finish('r1', { words: 'one two three four' });
    for (let at = 100; at <= 2_500; at += 100) {
      await talk.bench.clock.advanceAsync(100);
      talk.bench.hear(0, 800, { queueMs: Math.max(0, 1_500 - at), playedMs: Math.min(1_500, at) });
    }
    for (const name of ['agent-1', 'agent-2']) talk.bench.mark(name, { queueMs: 0, playedMs: 1_500 });
    return talk;
  }

  it('does not keep the bot from asking whether somebody is there', async () => {
    const { bench, socket } = await heardButForHalfASecond({ silence: { after_seconds: 5, times: 1 } });
    for (let at = 0; at < 5_500; at += 100) {
      await bench.clock.advanceAsync(100);
      bench.hear(0, 800, { queueMs: 0, playedMs: 1_500 });
    }
    expect(socket.of('response.create')).toHaveLength(1);
  });

  it('is not cleared of what is not there; the next words are talked into where they are', async () => {
    const { bench, socket } = await heardButForHalfASecond({});
    socket.tell(speechStarted());
    expect(bench.events()).not.toContain('clear');
    socket.tell(speechStopped).speak('r2', { ms: 2_000 });
    bench.mark('agent-3', { queueMs: 2_000, playedMs: 1_500 });
    for (let at = 100; at <= 700; at += 100) {
      await bench.clock.advanceAsync(100);
      bench.hear(0, 800, { queueMs: 2_000 - at, playedMs: 1_500 + at });
    }
    socket.tell(speechStarted('caller-2'));
    expect(bench.events().at(-1)).toBe('clear');
    expect(socket.of('conversation.item.truncate').at(-1)).toMatchObject({ item_id: 'item-r2', audio_end_ms: 700 });
  });
});

describe('barge-in', () => {
  it('drops what is not heard, cancels the response, and tells how much was heard', async () => {
    const { bench, socket, pass } = await makeTalk();
    socket.speak('r1', { ms: 4000 });
    socket.tell({
      type: 'response.output_audio_transcript.delta',
      response_id: 'r1',
      item_id: 'item-r1',
      delta: 'one two three four',
    });
    bench.mark('agent-1', { queueMs: 4000, playedMs: 0 });
    await pass(2000);
    socket.tell(speechStarted());
    expect(bench.events().at(-1)).toBe('clear');
    expect(socket.told.slice(-2)).toEqual(['conversation.item.truncate', 'response.cancel']);
    expect(socket.of('conversation.item.truncate')[0]).toMatchObject({
      item_id: 'item-r1',
      content_index: 0,
      audio_end_ms: 2000,
    });
    const saidBefore = bench.said.length;
    socket.speak('r1', { ms: 1000 }).finish('r1', { words: 'one two three four five six' });
    expect(bench.said).toHaveLength(saidBefore);
    expect(bench.session.queuedMs).toBe(0);
    bench.stop();
    expect(bench.report).toMatchObject({
      transcript: [{ role: 'assistant', text: 'one two …' }],
      events: [{ type: 'barge-in', data: { heard_ms: 2000 } }],
    });
  });

  it('counts from where the far end says that the item began', async () => {
    const { bench, socket, pass } = await makeTalk();
    socket.speak('r1', { ms: 4000 }).finish('r1');
    await pass(300); // The line is slow: our estimate is ahead.
    bench.mark('agent-1', { queueMs: 4000, playedMs: 0 });
    await pass(500);
    socket.tell(speechStarted());
    expect(socket.told.slice(-1)).toEqual(['conversation.item.truncate']); // Nothing to cancel: all of it was made.
    expect(socket.of('conversation.item.truncate')[0]?.audio_end_ms).toBe(500);
  });

  it('is measured from when the provider told it until `clear` is sent', async () => {
    const { bench, socket, pass } = await makeTalk();
    socket.speak('r1', { ms: 1_000 });
    await pass(200);
    bench.onSend = ({ event }) => event === 'clear' && bench.clock.advance(7);
    socket.tell(speechStarted());
    bench.stop();
    expect(bench.report?.latencySamples).toContainEqual({ name: 'barge-in', ms: 7, at_ms: expect.any(Number) });
  });

  it('says of a second item that nothing of it was heard, and never more than there is', async () => {
    const { socket, pass } = await makeTalk();
    socket.speak('r1', { ms: 400, itemId: 'a' }).speak('r1', { ms: 400, itemId: 'b' });
    await pass(100);
    socket.tell(speechStarted());
    expect(socket.of('conversation.item.truncate').map(({ item_id, audio_end_ms }) => [item_id, audio_end_ms])).toEqual(
      [
        ['a', 100],
        ['b', 0],
      ],
    );
    socket.tell(speechStopped).speak('r2', { ms: 200 });
    await pass(900);
    socket.tell(speechStarted('caller-2'));
    expect(socket.of('conversation.item.truncate').at(-1)).toMatchObject({ item_id: 'item-r2', audio_end_ms: 200 });
  });

  it('cancels a response that was asked for and has not begun', async () => {
    const { bench, provider } = makeCall();
    const socket = provider.last.accept();
    socket.tell(speechStarted());
    expect(socket.told.at(-1)).toBe('response.cancel');
    socket.speak('r1', { ms: 500 });
    expect(bench.said).toEqual([]);
    socket.tell(speechStopped).finish('r1').speak('r2', { ms: 500 });
    expect(bench.said.length).toBeGreaterThan(3800);
  });
});
