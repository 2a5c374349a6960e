import { systemClock } from '@intermix/kernel';
import { OutboundClient, OutboundError, type OutboundRequest } from '@intermix/outbound';
import { resamplersReady } from '@intermix/streaming/media-child';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  makeCall,
  makeTalk,
  type Post,
  speechStarted,
  speechStopped,
  toolCalled,
  url,
} from '../../testing/agent-call.js';
import type { ClientEvent } from '../../testing/fake-realtime.js';
import { agent } from './agent.js';

beforeAll(() => resamplersReady);

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
