import { systemClock } from '@intermix/kernel';
import { OutboundClient, OutboundError, type OutboundRequest } from '@intermix/outbound';
import { resamplersReady } from '@intermix/streaming/media-child';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientEvent, FakeRealtime } from '../../testing/fake-realtime.js';
import { SessionBench } from '../../testing/session-bench.js';
import { agent } from './agent.js';

beforeAll(() => resamplersReady);

type Post = (url: string, request: OutboundRequest) => Promise<{ status: number; body: Buffer }>;
const url = 'wss://provider.example/v1/realtime?model=m';

function makeCall(config: object = {}, options: { sampleRate?: number; post?: Post; prompt?: Int16Array } = {}) {
  const provider = new FakeRealtime();
  const bench = new SessionBench({
    kind: agent as never,
    config: { url, api_key: 'sk-planted-secret', ...config },
    outside: { openWebSocket: provider.openWebSocket, http: { post: options.post } as never },
    ...(options.prompt && { render: async () => options.prompt as Int16Array }),
  });
  bench.start({ sampleRate: options.sampleRate ?? 8000, customParameters: { name: 'Asha' } });
  /** Time passes while the caller is silent, and the stream goes on. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      bench.hear(0, (options.sampleRate ?? 8000) / 10);
      await bench.clock.advanceAsync(Math.min(100, left));
    }
  };
  /** Minutes of it: a frame every ten seconds keeps the call alive. */
  const passLong = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      bench.hear(0);
      await bench.clock.advanceAsync(Math.min(10_000, left));
    }
  };
  return { bench, provider, pass, passLong };
}

/** A call in which the greeting is over and heard. */
async function makeTalk(config: object = {}, options: Parameters<typeof makeCall>[1] = {}) {
  const call = makeCall({ greeting: { by: 'none' }, ...config }, options);
  const socket = call.provider.last.accept();
  await call.pass(100);
  return { ...call, socket };
}

const speechStarted = (item = 'caller-1') => ({ type: 'input_audio_buffer.speech_started', item_id: item });
const speechStopped = { type: 'input_audio_buffer.speech_stopped' };
const callerWords = (transcript: string, item = 'caller-1') => ({
  ...{ type: 'conversation.item.input_audio_transcription.completed', item_id: item, transcript },
});
const toolCalled = (name: string, args: object, callId = 'call-1') => ({
  ...{ type: 'response.function_call_arguments.done', name, call_id: callId, arguments: JSON.stringify(args) },
});

describe('the settings that the provider is told', () => {
  it('are of the generally available API, with what is known of the caller', () => {
    const { provider } = makeCall({ instructions: 'You help {{custom.name}}, who calls from {{ from }}. {{unknown}}' });
    const { received, options } = provider.last.accept();
    expect(options.headers).toEqual({ Authorization: 'Bearer sk-planted-secret' });
    expect(received[0]).toMatchObject({
      type: 'session.update',
      session: {
        ...{ type: 'realtime', output_modalities: ['audio'] },
        instructions: 'You help Asha, who calls from +919876543210. {{unknown}}',
        audio: {
          input: {
            format: { type: 'audio/pcm', rate: 24_000 },
            turn_detection: { type: 'server_vad', silence_duration_ms: 500, create_response: true },
          },
          output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy' },
        },
        tools: [{ type: 'function', name: 'end_call' }],
      },
    });
  });

  it('are of the beta where the provider speaks that', () => {
    const { provider } = makeCall({ dialect: 'beta', voice: 'verse', secret_headers: { 'api-key': 'k' } });
    const { received, options } = provider.last.accept();
    expect(options.headers).toMatchObject({ 'OpenAI-Beta': 'realtime=v1', 'api-key': 'k' });
    expect(received[0]?.session).toMatchObject({
      ...{ modalities: ['audio', 'text'], voice: 'verse', input_audio_format: 'pcm16', output_audio_format: 'pcm16' },
    });
  });

  it.each(['ga', 'beta'])('of %s tell how it listens and speaks only where that is other than usual', (dialect) => {
    const usual = makeCall({ dialect }).provider.last.accept().received[0];
    expect(JSON.stringify(usual)).not.toMatch(/noise|speed|eagerness|semantic/);
    const other = { type: 'semantic_vad', eagerness: 'low' };
    const config = { dialect, noise_reduction: 'far_field', speed: 1.2, turn_detection: other };
    const { session } = makeCall(config).provider.last.accept().received[0] as ClientEvent;
    const detection = { ...other, create_response: true, interrupt_response: false };
    const noise = { type: 'far_field' };
    const ga = { input: { noise_reduction: noise, turn_detection: detection }, output: { speed: 1.2, voice: 'alloy' } };
    const beta = { input_audio_noise_reduction: noise, turn_detection: detection, speed: 1.2, voice: 'alloy' };
    expect(session).toMatchObject(dialect === 'ga' ? { audio: ga } : beta);
    expect(JSON.stringify(session)).not.toContain('silence_duration_ms');
  });

  it('end the call when the provider refuses them; the key is not repeated', () => {
    const { bench, provider } = makeCall();
    const event_id = provider.last.accept().received[0]?.event_id;
    provider.last.tell({ type: 'error', error: { code: 'bad', message: 'No voice for sk-planted-secret', event_id } });
    expect(bench.report).toMatchObject({
      disconnectedBy: 'error',
      detail: 'The provider refuses the settings: No voice for ********',
    });
    expect(provider.last.closedWith).toBe(1000);
    expect(JSON.stringify(bench.report)).not.toContain('planted');
    expect(bench.clock.pendingTimers).toBe(0);
  });
});

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
    socket.tell(speechStarted(), speechStopped, callerWords('My card is 4242 4242-4242 4242, flat 12.'));
    socket.speak('r1', { ms: 200 }).finish('r1', { words: 'I heard 4, 2, 4, 2, 4.' });
    await pass(300);
    bench.mark('agent-2');
    for (const key of '9753') bench.press(key);
    await pass(1_600);
    bench.stop();
    expect(bench.report?.transcript.map(({ text }) => text)).toEqual(['My card is ****, flat 12.', 'I heard ****.']);
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

describe('tools', () => {
  const tool = { name: 'order', url: 'https://crm.example/o', secret_headers: { 'X-Key': 'planted-too' } };
  const answer =
    (status: number, text: string): Post =>
    async () => ({ status, body: Buffer.from(text) });

  it('are called, and what they answer is told to the model, which goes on', async () => {
    const asked: { url: string; request: OutboundRequest }[] = [];
    const post: Post = async (url, request) => {
      asked.push({ url, request });
      return { status: 200, body: Buffer.from('{"state":"sent"}') };
    };
    const { bench, socket, pass } = await makeTalk({ tools: [tool] }, { post });
    socket.tell({ type: 'response.created', response: { id: 'r1' } }, toolCalled('order', { id: 7 }));
    socket.tell({
      type: 'response.output_item.done',
      item: { ...toolCalled('order', { id: 7 }), type: 'function_call' },
    });
    await pass(100);
    expect(socket.of('response.create')).toEqual([]); // The response that called it still runs.
    socket.finish('r1');
    expect(socket.of('conversation.item.create').map(({ item }) => item)).toEqual([
      { type: 'function_call_output', call_id: 'call-1', output: '{"state":"sent"}' },
    ]);
    expect(socket.told.at(-1)).toBe('response.create');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: tool.url,
      request: { timeoutMs: 8000, headers: { 'content-type': 'application/json', 'X-Key': 'planted-too' } },
    });
    expect(JSON.parse(String(asked[0]?.request.body))).toMatchObject({
      ...{ tool: 'order', arguments: { id: 7 }, call: { call_sid: 'call-1', from: '+919876543210' } },
    });
    bench.stop();
    expect(bench.report).toMatchObject({ usage: { tool_calls: 1 }, events: [{ type: 'tool-called' }] });
    expect(JSON.stringify(bench.report)).not.toContain('planted');
  });

  it.each<[string, Post, object, string]>([
    ['answers with an error', answer(500, 'broken'), {}, 'status 500'],
    ['cannot be reached', () => Promise.reject(new OutboundError('timeout', 'crm.example is slow')), {}, 'timeout'],
    ['is none', answer(200, ''), { name: 'other' }, 'no such tool'],
    ['is called with nonsense', answer(200, ''), { arguments: 'no JSON' }, 'no JSON object'],
  ])('that %s is told as an error', async (_, post, change, said) => {
    const { socket, pass } = await makeTalk({ tools: [tool] }, { post });
    socket.tell({ ...toolCalled('order', {}), ...change });
    await pass(100);
    expect(JSON.parse(socket.of('conversation.item.create')[0]?.item.output).error).toContain(said);
    expect(socket.told.at(-1)).toBe('response.create');
  });

  it.each(['http://127.0.0.1:9/o', 'http://[::1]/o', 'http://169.254.169.254/latest'])(
    'are not opened at %s, and the model does not hear where that is',
    async (url) => {
      const client = new OutboundClient({ clock: systemClock, allowPrivate: false });
      const { bench, socket, pass } = await makeTalk(
        { tools: [{ ...tool, url }] },
        { post: (...asked) => client.post(...asked) },
      );
      socket.tell(toolCalled('order', {}));
      await pass(100);
      const told = socket.of('conversation.item.create')[0]?.item.output;
      expect(JSON.parse(told)).toEqual({ error: 'The tool could not be reached (address-refused).' });
      bench.stop();
      expect(bench.report?.events).toMatchObject([{ type: 'tool-called', data: { problem: 'address-refused' } }]);
    },
  );

  it('ask again when the provider was busy', async () => {
    const { socket, pass } = await makeTalk({ tools: [tool] }, { post: answer(200, 'yes') });
    socket.tell(toolCalled('order', {}));
    await pass(100);
    socket.tell({ type: 'error', error: { code: 'conversation_already_has_active_response' } });
    expect(socket.of('response.create')).toHaveLength(1);
    socket.finish('someone-elses');
    expect(socket.of('response.create')).toHaveLength(2);
  });
});

describe('the end of a call', () => {
  it('is what the model wants, once its good-bye was heard', async () => {
    const { bench, socket, pass } = await makeTalk({ farewell: 'Not said.' });
    socket.speak('r1', { ms: 500 }).tell(toolCalled('end_call', {})).finish('r1', { words: 'Bye.' });
    await pass(400);
    expect(bench.report).toBeUndefined();
    bench.mark('agent-1');
    bench.mark('agent-2');
    bench.mark('agent-over');
    expect(bench.report).toMatchObject({ disconnectedBy: 'bot', transcript: [{ role: 'assistant', text: 'Bye.' }] });
    expect(socket.of('response.create')).toEqual([]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('is a transfer, once what the model says of it was heard; the flow that goes on is told where to', async () => {
    const transfers = [{ name: 'sales', description: 'Prices and orders.' }, { name: 'support' }];
    const { bench, socket, pass } = await makeTalk({ transfers, farewell: 'Not said.' });
    const told = socket.received[0]?.session.tools.find(({ name }: { name: string }) => name === 'transfer');
    expect(told).toMatchObject({
      parameters: { properties: { to: { enum: ['sales', 'support'] } }, required: ['to'] },
    });
    expect(told.description).toContain('sales: Prices and orders.\nsupport');

    socket.tell({ type: 'response.created', response: { id: 'r0' } }, toolCalled('transfer', { to: 'nowhere' }, 'c0'));
    socket.finish('r0');
    expect(socket.of('conversation.item.create')[0]?.item).toMatchObject({
      call_id: 'c0',
      output: expect.stringContaining('cannot be handed over'),
    });
    expect(socket.told.at(-1)).toBe('response.create');

    socket
      .speak('r1', { ms: 500 })
      .tell(toolCalled('transfer', { to: 'sales' }))
      .finish('r1', { words: 'One moment.' });
    await pass(400);
    expect(bench.report).toBeUndefined();
    for (const name of ['agent-1', 'agent-2', 'agent-over']) bench.mark(name);
    expect(bench.report).toMatchObject({
      ...{ disconnectedBy: 'bot', detail: 'transfer: sales' },
      transcript: [{ role: 'assistant', text: 'One moment.' }],
      events: [{ type: 'transfer', data: { to: 'sales' } }],
    });
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('comes at the longest time, with a farewell', async () => {
    const { bench, socket, pass } = await makeTalk({ max_duration_seconds: 10, farewell: 'Time is up.' });
    socket.speak('r1', { ms: 20_000 });
    await pass(10_000);
    expect(socket.told.slice(-3)).toEqual(['conversation.item.truncate', 'response.cancel', 'response.create']);
    expect(socket.of('response.create')[0]?.response.instructions).toContain('Time is up.');
    socket.finish('r1');
    expect(bench.report).toBeUndefined();
    expect(bench.events().at(-1)).toBe('clear');
    socket.speak('r2', { ms: 300 }).finish('r2', { words: 'Time is up.' });
    expect(bench.events().at(-1)).toBe('mark agent-over');
    bench.mark('agent-over');
    expect(bench.report).toMatchObject({ disconnectedBy: 'timeout', detail: 'The longest time is over.' });
  });

  it('comes though the provider says no farewell', async () => {
    const { bench, pass } = await makeTalk({ max_duration_seconds: 10, farewell: 'Time is up.' });
    await pass(31_000);
    expect(bench.report).toMatchObject({ disconnectedBy: 'timeout' });
  });

  it('comes after silence in which it asked', async () => {
    const { bench, socket, pass } = await makeTalk({ silence: { after_seconds: 5, times: 2, text: 'Hello?' } });
    await pass(5_000);
    expect(socket.of('response.create')[0]?.response.instructions).toContain('"Hello?"');
    socket.speak('r1', { ms: 1_000 }).finish('r1');
    await pass(5_900);
    expect(socket.of('response.create')).toHaveLength(1); // It is silent from when the question was heard on.
    await pass(200);
    expect(socket.of('response.create')).toHaveLength(2);
    socket.tell(speechStarted());
    await pass(20_000);
    socket.tell(speechStopped); // Somebody speaks: asked anew.
    await pass(5_100);
    await pass(5_000);
    expect(socket.of('response.create')).toHaveLength(4);
    expect(bench.report).toBeUndefined();
    await pass(9_000);
    expect(bench.report).toMatchObject({ disconnectedBy: 'timeout', detail: 'The caller was silent.' });
  });

  it('comes when every response fails', async () => {
    const { bench, socket } = await makeTalk();
    const failed = { status: 'failed', status_details: { error: { message: 'no quota for sk-planted-secret' } } };
    for (const id of ['r1', 'r2', 'r3'])
      socket.tell(
        { type: 'response.created', response: { id } },
        { type: 'response.done', response: { id, ...failed } },
      );
    expect(bench.report).toMatchObject({
      disconnectedBy: 'error',
      detail: 'The provider fails: no quota for ********',
    });
  });
});

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
    for (let second = 0; second < 200; second++) socket.speak('r1', { ms: 1_000 });
    socket.finish('r1', { words: 'A long answer.' });
    expect(bench.session.queuedMs).toBeLessThan(105_000);
    expect(socket.unread).toBeGreaterThan(90);
    await passLong(50_000);
    expect(bench.session.queuedMs).toBeGreaterThan(90_000);
    await passLong(155_000);
    expect([socket.unread, socket.isPaused, bench.session.queuedMs]).toEqual([0, false, 0]);
    bench.stop();
    expect(bench.report).toMatchObject({
      disconnectedBy: 'customer',
      transcript: [{ role: 'assistant', text: 'A long answer.' }],
    });
    expect(bench.said.length / 8000).toBeGreaterThan(199);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('is read on as soon as the rest of its answer is dropped', async () => {
    const { bench, socket, passLong } = await makeTalk({ max_duration_seconds: 20 });
    for (let second = 0; second < 200; second++) socket.speak('r1', { ms: 1_000 });
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
    expect(bench.said.length / 8000).toBeLessThan(175);
    const floods = await makeTalk();
    for (let count = 0; count < 10_000 && floods.bench.report === undefined; count++)
      floods.socket.tell({ type: 'rate_limits.updated' });
    expect(floods.bench.report?.detail).toBe('The provider was lost: It sends more than any speech needs.');
  });
});

describe('the configuration of an agent', () => {
  it.each([
    [{}, 'url'],
    [{ url: 'https://provider.example' }, 'url'],
    [{ url, api_key: 'a\nb' }, 'api_key'],
    [{ url, secret_headers: { 'Bad name': 'x' } }, 'secret_headers'],
    [{ url, headers: { Host: 'other' } }, 'headers'],
    [{ url, greeting: { by: 'prompt' } }, 'greeting.text'],
    [{ url, tools: [{ name: 'a b', url: 'https://x' }] }, 'tools.0.name'],
    [{ url, tools: [{ name: 'end_call', url: 'https://x' }] }, 'tools.0.name'],
    [{ url, tools: [{ name: 'a', url: 'ftp://x' }] }, 'tools.0.url'],
    [{ url, tools: [{ name: 'a', url: 'https://x', secret_headers: { a: 'b\r\nc' } }] }, 'tools.0.secret_headers'],
    [{ url, extra: 1 }, 'extra'],
    [{ url: 'wss://' }, 'url'],
    [{ url, transfers: [{ name: 'a b' }] }, 'transfers.0.name'],
    [{ url, transfers: [{ name: 'sales' }, { name: 'sales' }] }, 'transfers.1.name'],
    [{ url, transfers: [{ name: 'sales' }], tools: [{ name: 'transfer', url: 'https://x' }] }, 'tools.0.name'],
    [{ url, turn_detection: { type: 'push_to_talk' } }, 'turn_detection.type'],
    [{ url, speed: 3 }, 'speed'],
  ])('%j is refused at %s', (config, path) => {
    expect(() => agent.parse(config)).toThrow(expect.objectContaining({ code: 'ERR_BOT_CONFIG', path }));
  });

  it('names the addresses that it will open, and its secrets', () => {
    const config = agent.parse({ url, tools: [{ name: 'a', url: 'https://crm.example' }] });
    expect(agent.needs?.(config)).toEqual([
      { at: 'url', kind: 'url', url },
      { at: 'tools.0.url', kind: 'url', url: 'https://crm.example' },
    ]);
    expect(agent.secretKeys).toEqual(['api_key', 'secret_headers']);
    expect(agent.parse(config)).toEqual(config);
  });
});
