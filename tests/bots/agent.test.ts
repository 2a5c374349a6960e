import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { CustomerServer } from '../support/customer-server.js';
import { ExotelCaller } from '../support/exotel-caller.js';
import { errorLines, expectNothingLeft } from '../support/metrics.js';
import { RealtimeProcess } from '../support/realtime-process.js';

const patience = { timeoutMs: 15_000, everyMs: 20 };
const key = 'sk-planted-agent-key';
const toolKey = 'planted-tool-key';
/** What a frame, two event loops of a busy machine and a timer may add to what is measured from outside. */
const slackMs = 400;

describe('an agent, called from outside by the stream protocol', () => {
  let server: RunningServer;
  let admin: AdminApi;
  let provider: RealtimeProcess;
  let shop: CustomerServer;
  const answers: string[] = [];

  beforeAll(async () => {
    [server, provider, shop] = await Promise.all([startServer(), RealtimeProcess.start(), CustomerServer.start()]);
    admin = new AdminApi(server);
    await admin.request('GET', '/api/v1/bots'); // Signs in, once for all.
    shop.behave = (_, response) => void response.writeHead(200).end('{"state":"in Pune"}');
  });
  afterAll(async () => {
    await server?.stop();
    await provider?.stop();
    await shop?.stop();
  });

  const usual = {
    ...{ api_key: key, turn_detection: { silence_duration_ms: 200 }, reconnect: { tries: 3 } },
    greeting: { text: 'Namaste {{custom.name}}.' },
  };

  async function ask(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await admin.request(method, path, body);
    answers.push(JSON.stringify(answer.body));
    expect([path, answer.status < 300, answer.body]).toEqual([path, true, answer.body]);
    return answer.body;
  }

  /** A bot whose provider is on the stage of that name, and a caller who is connected to it. */
  async function call(model: string, config: object = {}): Promise<{ caller: ExotelCaller; botId: string }> {
    const whole = { url: provider.url(model), ...usual, ...config };
    const { bot_id: botId } = await ask('POST', '/api/v1/bots', { name: model, kind: 'agent', config: whole });
    const url = `${server.baseUrl.replace('http', 'ws')}/exotel/${botId}`;
    const parties = { from: '+919876543210', to: '+918047110001' };
    return {
      botId,
      caller: await ExotelCaller.dial(url, { sid: `call-${model}`, custom: { name: 'Asha' }, ...parties }),
    };
  }

  /** What is kept of the bot's only call, once it is over. */
  async function record(botId: string): Promise<any> {
    const isOver = async () => (await ask('GET', `/api/v1/bot-calls?bot_id=${botId}`)).items[0];
    const { session_id: id } = await eventually(
      async () => {
        const found = await isOver();
        return found?.ended_at ? found : undefined;
      },
      { ...patience, message: `the call of ${botId} to be over` },
    );
    return ask('GET', `/api/v1/bot-calls/${id}`);
  }

  const typesOf = (events: { type: string }[]) => events.map(({ type }) => type);

  it.concurrent('greets, answers, is talked into, calls a tool, and leaves a record', async () => {
    await provider.plan('talk', {
      hears: ['Where is my parcel?', 'Wait.'],
      replies: [
        { hz: 500, ms: 400, words: 'Namaste Asha.' },
        { hz: 700, ms: 300, words: 'One moment.' },
        { hz: 900, ms: 8_000, speed: 6, words: 'This is a long answer of which not all will be heard by the caller.' },
        { tool: { name: 'find_order', arguments: { id: 7 } } },
        { hz: 1_100, ms: 300, words: 'It is in Pune.' },
      ],
    });
    const tools = [
      {
        ...{ name: 'find_order', description: 'Where a parcel is.', url: `${shop.url}/orders` },
        secret_headers: { Authorization: `Bearer ${toolKey}` },
      },
    ];
    const { caller, botId } = await call('talk', { tools });
    await caller.hears(500, 300);
    await caller.heardAll(2); // One where an item begins, and one where it ends.
    expect((await provider.event('talk', 'connected')).authorization).toBe(`Bearer ${key}`);
    const greeting = await provider.event('talk', 'response.create');
    expect(greeting.response.instructions).toContain('"Namaste Asha."');

    await saySomething(caller, 400);
    await caller.hears(700, 200);
    await caller.heardAll(4);
    const { hz } = await provider.look('talk');
    expect(Math.abs(hz - 400)).toBeLessThan(20);

    await saySomething(caller, 400);
    await caller.hears(900, 1_000);
    caller.say(600);
    await eventually(() => caller.of('clear').length > 0, { ...patience, message: 'what was said to be dropped' });
    caller.say(undefined);
    const marksBefore = caller.of('mark').length;
    const truncated = await provider.event('talk', 'conversation.item.truncate');
    const heardMs = caller.heardMs(900);
    expect(truncated).toMatchObject({ content_index: 0, item_id: expect.stringMatching(/^item_/) });
    expect(Math.abs(truncated.audio_end_ms - heardMs)).toBeLessThan(slackMs);

    await caller.hears(1_100, 200);
    const [post] = await shop.expect(1);
    expect(post?.headers.authorization).toBe(`Bearer ${toolKey}`);
    expect(post?.body).toMatchObject({ tool: 'find_order', arguments: { id: 7 }, call: { call_sid: 'call-talk' } });
    const given = await provider.event('talk', 'conversation.item.create');
    expect(given.item).toMatchObject({ type: 'function_call_output', output: '{"state":"in Pune"}' });
    await caller.heardAll(marksBefore + 2);
    caller.hangUp();

    const kept = await record(botId);
    expect(kept).toMatchObject({ status: 'completed', disconnected_by: 'customer', call_sid: 'call-talk' });
    expect(kept.transcript.map(({ role, text }: any) => [role, text])).toEqual([
      ['assistant', 'Namaste Asha.'],
      ['user', 'Where is my parcel?'],
      ['assistant', 'One moment.'],
      ['user', 'Wait.'],
      ['assistant', expect.stringMatching(/^This .*…$/)],
      ['user', 'Mm.'],
      ['assistant', 'It is in Pune.'],
    ]);
    expect(typesOf(kept.events)).toEqual(['barge-in', 'tool-called']);
    expect(kept.usage).toMatchObject({ responses: 5, tool_calls: 1, input_tokens: 500, output_audio_tokens: 150 });
    expect(Object.keys(kept.latency).sort()).toEqual(['barge-in', 'first-audio', 'provider', 'reply', 'tool']);
    expect(kept.latency.reply).toMatchObject({ count: 3, p50_ms: expect.any(Number) });
    expect(kept.latency['barge-in'].max_ms).toBeLessThan(60);
    const { log, open } = await provider.look('talk');
    expect(log.filter(({ type }) => type === 'refused')).toEqual([]);
    expect(open).toBe(0);
  });

  it.concurrent('goes on with what was said when its provider was lost, and hands the call over', async () => {
    await provider.plan('lost', {
      hears: ['Are you there?'],
      replies: [
        { hz: 500, ms: 300, words: 'Namaste Asha.' },
        { hz: 700, ms: 300, words: 'I put you through.', tool: { name: 'transfer', arguments: { to: 'sales' } } },
      ],
    });
    const { caller, botId } = await call('lost', { transfers: [{ name: 'sales', description: 'Prices.' }] });
    await caller.hears(500, 200);
    await caller.heardAll(2);
    await provider.drop('lost');
    await provider.event('lost', 'session.update', 1);
    expect((await provider.event('lost', 'conversation.item.create')).item).toMatchObject({
      ...{ role: 'assistant', content: [{ type: 'output_text', text: 'Namaste Asha.' }] },
    });
    await saySomething(caller, 400);
    await caller.hears(700, 200);
    expect(await caller.isClosed()).toMatchObject({ code: 1000 });
    const kept = await record(botId);
    expect(kept).toMatchObject({ disconnected_by: 'bot', detail: 'transfer: sales', status: 'completed' });
    expect(typesOf(kept.events)).toEqual(['provider-lost', 'provider-reconnected', 'transfer']);
    expect(kept.transcript.at(-1)).toMatchObject({ role: 'assistant', text: 'I put you through.' });
  });

  it.concurrent('holds up a provider that floods it with speech, and ends a call whose provider only chatters', async () => {
    await provider.plan('flood', { replies: [{ hz: 500, endless: true, ms: 1, words: 'On and on.' }] });
    await provider.plan('chatter', { replies: [{ hz: 500, ms: 200, words: 'Namaste.' }] });
    const [flood, chatter] = await Promise.all([call('flood'), call('chatter')]);
    let before = 0;
    await eventually(
      async () => {
        const { sentMs, waiting } = await provider.look('flood');
        const stands = sentMs === before && (waiting[0] ?? 0) > 1_000_000;
        before = sentMs;
        return stands;
      },
      { ...patience, everyMs: 200, message: 'the provider to be held up' },
    );
    await chatter.caller.hears(500, 150);
    await provider.chatter('chatter', 8_000);
    expect(await chatter.caller.isClosed()).toMatchObject({ code: 1011 });
    expect(await record(chatter.botId)).toMatchObject({
      ...{ disconnected_by: 'error', detail: 'The provider was lost: It sends more than any speech needs.' },
    });
    expect(flood.caller.closed).toBeUndefined();
    expect(flood.caller.hearingHz).toBe(500);
    flood.caller.hangUp();
    const kept = await record(flood.botId);
    expect(kept).toMatchObject({ disconnected_by: 'customer', status: 'completed' });
    expect(kept.usage.audio_out_ms).toBeLessThan(110_000);
  });

  it.concurrent('says its farewell and hangs up when the longest time is over', async () => {
    await provider.plan('long', {
      replies: [
        { hz: 500, ms: 20_000, speed: 3, words: 'I have a lot to tell.' },
        { hz: 700, ms: 300, words: 'Time is up.' },
      ],
    });
    const { caller, botId } = await call('long', { max_duration_seconds: 4, farewell: 'Time is up.' });
    await caller.hears(500, 100);
    await caller.hears(700, 200);
    await caller.isClosed();
    expect(caller.of('clear')).toHaveLength(1);
    const kept = await record(botId);
    expect(kept).toMatchObject({ disconnected_by: 'timeout', detail: 'The longest time is over.' });
    expect(kept.transcript.at(-1)).toMatchObject({ text: 'Time is up.' });
  });

  it.concurrent.each([
    ['url', { url: 'ws://169.254.169.254/v1/realtime' }],
    ['url', { url: 'https://provider.example/v1/realtime' }],
    ['tools.0.url', { tools: [{ name: 'order', url: 'http://169.254.169.254/latest/meta-data' }] }],
  ])('is not kept when its %s may not be opened', async (at, config) => {
    const whole = { ...usual, url: provider.url('none'), ...config };
    const { status, body } = await admin.request('POST', '/api/v1/bots', { name: 'No', kind: 'agent', config: whole });
    expect([status, body.error.field]).toEqual([400, `config.${at}`]);
  });

  it('left nothing behind, and told its keys nowhere', async () => {
    await expectNothingLeft(server);
    expect(answers.length).toBeGreaterThan(10);
    for (const text of [...answers, server.logs()]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain(toolKey);
    }
    expect(errorLines(server)).toEqual([]);
  });
});

/** Speaks for a moment: two frames at least. */
async function saySomething(caller: ExotelCaller, hz: number): Promise<void> {
  const from = caller.saidFrames;
  caller.say(hz);
  await eventually(() => caller.saidFrames >= from + 2, { ...patience, everyMs: 5, message: 'two frames to be said' });
  caller.say(undefined);
}
