import type { InviteSession } from '@intermix/sip';
import { expect, it, vi } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceProblem } from '../errors.js';
import { connectedPage } from '../testing/call-fixture.js';
import { answeredSession, pass, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';

const recvInfo = ['Recv-Info', 'intermix-recording'] as const;

interface Asked {
  id: number;
  do: string;
  channels?: string;
  format?: string;
}

/** A page in a call of a server that takes orders for recordings; `answer` says what becomes of each. */
async function talking(answer: (asked: Asked) => object | undefined, headers = [recvInfo]) {
  const page = await registeredPage();
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call({ headers });
  const call = await incoming;
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  await vi.dynamicImportSettled();
  await settle();
  const asked: Asked[] = [];
  session.on('info', (info) => {
    expect(info.request.headers.get('Info-Package')).toBe('intermix-recording');
    expect(info.request.contentType).toBe('application/json');
    const order = JSON.parse(info.request.bodyText) as Asked;
    asked.push(order);
    info.respond(200);
    const told = answer(order);
    if (told) void tell(session, { id: order.id, ...told });
  });
  const events: string[] = [];
  call.on('recording', (state) => events.push(state));
  return { ...page, call, session, asked, events };
}

function tell(session: InviteSession, told: object | string, name = 'intermix-recording') {
  const content = typeof told === 'string' ? told : JSON.stringify(told);
  return session.request('INFO', {
    headers: [['Info-Package', name]],
    body: { type: 'application/json', content },
  });
}

const states: Record<string, string> = { start: 'recording', pause: 'paused', resume: 'recording', stop: 'off' };

it('[SDK-D90] starts, pauses, resumes and stops, in the order asked; each resolves with the state, and is told', async () => {
  const { call, asked, events } = await talking(({ do: step }) => ({ state: states[step] }));
  expect(call.recording.state).toBe('off');
  const { recording } = call;
  const steps = [recording.start({ channels: 'dual' }), recording.pause(), recording.resume(), recording.stop()];
  expect(await Promise.all(steps)).toEqual(['recording', 'paused', 'recording', 'off']);
  expect(asked).toEqual([
    { id: 1, do: 'start', channels: 'dual' },
    { id: 2, do: 'pause' },
    { id: 3, do: 'resume' },
    { id: 4, do: 'stop' },
  ]);
  expect(events).toEqual(['recording', 'paused', 'recording', 'off']);
});

it('[SDK-D90] says in INVITE and 200 that it wants to know, and hears of what others do', async () => {
  const { call, session, events, network, client, server } = await talking(() => undefined);
  expect(network.sentByPage('SIP/2.0 200 OK').some((text) => /Recv-Info: intermix-recording\r\n/.test(text))).toBe(
    true,
  );
  expect((await tell(session, { state: 'recording' })).status).toBe(200);
  await tell(session, { state: 'recording' }); // Told twice, it is one change.
  expect([call.recording.state, call.snapshot()?.recording]).toEqual(['recording', 'recording']);
  await tell(session, { state: 'off' });
  expect(events).toEqual(['recording', 'off']);

  client.call('+919876543210');
  await settle();
  expect(server.invites.at(-1)?.request.headers.get('Recv-Info')).toBe('intermix-recording');
});

it.each([
  ['not-allowed', 'recording-not-allowed', 'off'],
  ['already-recording', 'wrong-state', 'recording'],
  ['not-running', 'wrong-state', 'off'],
  ['failed', 'recording-failed', 'off'],
  ['of a later server', 'recording-failed', 'off'],
] as const)('[SDK-D90] what the server answers as %s is %s, and the call goes on', async (problem, name, state) => {
  const { call } = await talking(() => ({ state, problem, detail: 'because' }));
  const failure = await call.recording.start().catch((error) => error);
  expect(failure).toMatchObject({ problem: name, fatal: false, message: expect.stringContaining('because') });
  expect([call.recording.state, call.state]).toEqual([state, 'connected']);
});

it('[SDK-D90] a server that does not offer it is not asked; one that knows neither INFO nor the package is named', async () => {
  const old = await talking(() => undefined, []);
  await expect(old.call.recording.start()).rejects.toMatchObject({ problem: 'not-supported-by-server' });
  expect(old.network.sentByPage('INFO')).toEqual([]);

  const page = await registeredPage();
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call({ headers: [recvInfo] });
  const call = await incoming;
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  await settle();
  let status = 469;
  session.on('info', (info) => info.respond(status));
  const expected: Array<[number, VoiceProblem]> = [
    [469, 'not-supported-by-server'],
    [415, 'not-supported-by-server'],
    [501, 'not-supported-by-server'],
    [403, 'recording-failed'],
    [503, 'recording-failed'],
  ];
  for (const [answer, problem] of expected) {
    status = answer;
    await expect(call.recording.stop()).rejects.toMatchObject({ problem, status: answer });
  }
  expect(call.state).toBe('connected');
});

it('[SDK-D90] a step outside of a call, or that the end of the call overtakes, says so', async () => {
  const { call, session } = await talking(() => undefined);
  const waiting = call.recording.start();
  const next = call.recording.stop();
  waiting.catch(() => {});
  next.catch(() => {});
  await settle();
  session.bye();
  await settle();
  await expect(waiting).rejects.toMatchObject({ problem: 'call-ended' });
  await expect(next).rejects.toMatchObject({ problem: 'call-ended' });
  await expect(call.recording.pause()).rejects.toMatchObject({ problem: 'call-ended' });

  const { client } = await registeredPage();
  const dialled = client.call('+919876543210');
  await expect(dialled.recording.start()).rejects.toMatchObject({ problem: 'wrong-state' });
});

it('[SDK-D90] a server that never says what became of a step is given 10 s', async () => {
  const { call, clock } = await talking(() => undefined);
  const waiting = call.recording.start().catch((error) => error);
  await pass(clock, 9_900);
  const fast = vi.fn();
  void waiting.then(fast);
  await settle();
  expect(fast).not.toHaveBeenCalled();
  await pass(clock, 200);
  expect(await waiting).toMatchObject({ problem: 'recording-failed' });
});

it('[SDK-D90] asks again how it stands when the connection is back', async () => {
  const page = await talking(() => ({ state: 'paused' }));
  await tell(page.session, { state: 'recording' });
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 3_000);
  const flow = page.network.openSockets.at(-1)?.server;
  if (flow) page.session.rebind(flow);
  await pass(page.clock, 500);
  expect(page.asked.map((asked) => asked.do)).toEqual(['status']);
  expect(page.call.recording.state).toBe('paused');
});

it.each([
  ['another package', '{"state":"recording"}', 'conference', 469],
  ['no state', '{"state":"louder"}', 'intermix-recording', 400],
  ['no JSON', 'x', 'intermix-recording', 400],
  ['null', 'null', 'intermix-recording', 400],
])('[SDK-D90] refuses an INFO that it does not understand: %s', async (_what, text, name, status) => {
  const { session, events, call } = await talking(() => undefined);
  expect((await tell(session, text, name)).status).toBe(status);
  expect([events, call.state]).toEqual([[], 'connected']);
});

it('refuses an INFO of no package as ever', async () => {
  const { session } = await connectedPage(serverSdp());
  const body = { type: 'application/dtmf-relay', content: 'Signal=5' };
  expect((await session.request('INFO', { body })).status).toBe(415);
});
