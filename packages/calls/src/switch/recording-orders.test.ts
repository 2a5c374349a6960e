import { type ExtraHeaders, type IncomingRequest, type InviteSession, PAGE_GONE } from '@intermix/sip';
import { expect, it } from 'vitest';
import type { RecordingAnswer, RecordingControl, RecordingOrder, RecordingParty } from '../ports/recording-control.js';
import { Bench, contactOf, nothingLeft } from '../testing/bench.js';
import { reinvite } from '../testing/talk.js';
import { dialIn, number } from '../testing/two-users.js';

const takes: ExtraHeaders = [['Recv-Info', 'intermix-recording']];
const ofPackage: ExtraHeaders = [
  ['Info-Package', 'intermix-recording'],
  ['Content-Disposition', 'Info-Package'],
];

/** A control that does as it is told. */
class FakeControl implements RecordingControl {
  readonly orders: Array<RecordingOrder & { callSid: string; party: RecordingParty }> = [];
  answers: RecordingAnswer = { state: 'recording' };
  waits: Promise<unknown> | undefined;

  async order(...[{ callSid }, party, order]: Parameters<RecordingControl['order']>): Promise<RecordingAnswer> {
    this.orders.push({ ...order, callSid, party });
    await this.waits;
    return this.answers;
  }
}

/** A customer talks to Alice, whose page knows of recordings unless it says nothing of them. */
async function makeTalk(headers = takes) {
  const control = new FakeControl();
  const bench = new Bench({}, { recordingControl: control });
  bench.directory.addUser('alice');
  bench.directory.addCarrier();
  bench.directory.addDid(number, ['u-alice']);
  await bench.start();
  const alice = await bench.registered('alice', { instance: 'tab1' });
  const carrier = await bench.carrier();
  const placed = dialIn(carrier);
  await bench.run();
  const received = alice.calls[0]!;
  const session = received.answer(headers)!;
  const told = listenTo(session);
  await bench.run();
  const { callSid } = (await bench.record()).call;
  return { bench, control, alice, placed, received, session, told, callSid };
}

/** What the session is told, and takes. */
function listenTo(session: InviteSession): Array<Record<string, unknown>> {
  const told: Array<Record<string, unknown>> = [];
  session.on('info', (info: IncomingRequest) => {
    expect(info.request.headers.get('Info-Package')).toBe('intermix-recording');
    told.push(JSON.parse(info.request.bodyText));
    info.respond(200);
  });
  return told;
}

async function ask(bench: Bench, session: InviteSession, order: unknown, headers = ofPackage) {
  const content = typeof order === 'string' ? order : JSON.stringify(order);
  return bench.settled(session.request('INFO', { headers, body: { type: 'application/json', content } }));
}

it('[RECORD1] says in its INVITE to a device that it takes orders, and in its INVITE to a carrier nothing', async () => {
  const { bench, received, session } = await makeTalk();
  expect(received.incoming.request.headers.get('Recv-Info')).toBe('intermix-recording');
  session.bye();
  const alice = bench.phones[0]!;
  const placed = alice.call(`sip:+919876543210@acme.sip.test`, '<sip:alice@acme.sip.test>', {
    credentials: { username: 'alice', password: 'secret-alice' },
    headers: takes,
  });
  await bench.run(10);
  const outward = bench.phones[1]!.calls[0]!;
  expect(outward.incoming.request.headers.has('Recv-Info')).toBe(false);
  const accepted: Array<string | undefined> = [];
  placed.outgoing.on('answered', (_session, response) => accepted.push(response.headers.get('Recv-Info')));
  outward.answer();
  await bench.run(10);
  expect(accepted).toEqual(['intermix-recording']);
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD1] carries out what a device asks, answers by an INFO of its own, and writes it down', async () => {
  const { bench, control, session, told, callSid } = await makeTalk();
  const response = await ask(bench, session, { id: 7, do: 'start', channels: 'dual', format: 'wav', more: 1 });
  await bench.run();
  expect([response.status, response.body.length]).toEqual([200, 0]);
  expect(control.orders).toEqual([
    {
      ...{ do: 'start', channels: 'dual', format: 'wav', callSid },
      party: expect.objectContaining({ userId: 'u-alice', appId: expect.any(String) }),
    },
  ]);
  expect(told).toEqual([{ id: 7, state: 'recording' }]);
  control.answers = { state: 'recording', problem: 'not-allowed' };
  await ask(bench, session, { id: 8, do: 'stop' });
  await ask(bench, session, { id: 9, do: 'status' });
  await bench.run();
  expect(told.slice(1)).toEqual([
    { id: 8, state: 'recording', problem: 'not-allowed' },
    { id: 9, state: 'recording', problem: 'not-allowed' },
  ]);
  const { events } = await bench.record();
  expect(events.filter((type) => type === 'recording-ordered')).toHaveLength(2); // A question is no order.
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD2] refuses what it does not know: 469 for another package, 400 for what is no order', async () => {
  const { bench, control, session, placed } = await makeTalk();
  const foreign = await ask(bench, session, {}, [['Info-Package', 'conference']]);
  expect([foreign.status, foreign.headers.get('Recv-Info')]).toEqual([469, 'intermix-recording']);
  const broken = [
    ...['', 'null', '[]', '{"id":"1","do":"start"}', '{"id":1,"do":"explode"}', '{"id":1.5,"do":"stop"}'],
    ...['{"id":1,"do":"start","format":"ogg"}', `{"id":1,"do":"start","x":"${'x'.repeat(2_000)}"}`],
  ];
  for (const text of broken) expect((await ask(bench, session, text)).status).toBe(400);
  const ofCarrier = await ask(bench, placed.session!, { id: 1, do: 'stop' });
  expect([ofCarrier.status, ofCarrier.headers.get('Recv-Info')]).toEqual([469, '']);
  expect(control.orders).toEqual([]);
  expect(session.ended).toBe(false);
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD3] takes one order at a time, and five a second', async () => {
  const { bench, control, session, told } = await makeTalk();
  let done: (value?: unknown) => void = () => {};
  control.waits = new Promise((resolve) => {
    done = resolve;
  });
  expect((await ask(bench, session, { id: 1, do: 'start' })).status).toBe(200);
  const second = await ask(bench, session, { id: 2, do: 'stop' });
  expect([second.status, second.headers.get('Retry-After')]).toEqual([503, '1']);
  done();
  await bench.run();
  expect(told).toEqual([{ id: 1, state: 'recording' }]);
  const statuses: number[] = [];
  for (let id = 3; id < 9; id++) {
    statuses.push((await ask(bench, session, { id, do: 'status' })).status);
    await bench.run();
  }
  expect(statuses).toEqual([200, 200, 200, 200, 503, 503]);
  await bench.run(1_000);
  expect((await ask(bench, session, { id: 9, do: 'status' })).status).toBe(200);
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD3] an order that breaks is answered as failed, and the call goes on', async () => {
  const { bench, control, session, told } = await makeTalk();
  control.waits = Promise.reject(new Error('no database'));
  await ask(bench, session, { id: 1, do: 'start' });
  await bench.run();
  expect(told).toEqual([{ id: 1, state: 'off', problem: 'failed' }]);
  expect(session.ended).toBe(false);
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD4] tells devices that want to know what others do to the recording; nobody else hears a thing', async () => {
  const { bench, told, callSid } = await makeTalk();
  bench.board.switch.tellRecording(callSid, 'recording');
  bench.board.switch.tellRecording('no-such-call', 'recording');
  await bench.run();
  bench.board.switch.tellRecording(callSid, 'paused');
  await bench.run();
  expect(told).toEqual([{ state: 'recording' }, { state: 'paused' }]);
  expect(await bench.close()).toEqual(nothingLeft);

  const deaf = await makeTalk([]);
  deaf.bench.board.switch.tellRecording(deaf.callSid, 'recording');
  await deaf.bench.run();
  expect([deaf.told, deaf.bench.sent('INFO')]).toEqual([[], []]);
  expect(await deaf.bench.close()).toEqual(nothingLeft);
});

it('[RECORD5] a page that is away is told when it is back, and no earlier than its call is', async () => {
  const { bench, alice, received, session, told, callSid, placed } = await makeTalk();
  const snapshot = session.snapshot();
  bench.network.cut(alice.flow!, 'going', PAGE_GONE);
  await bench.run();
  bench.board.switch.tellRecording(callSid, 'recording');
  const next = await bench.browser();
  await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
  await bench.run(1_000);
  expect([bench.sent('INFO'), placed.session!.ended]).toEqual([[], false]); // 481 would be the end of the call.
  const resumed = next.endpoint.resume(snapshot, { flow: next.flow! });
  const toldAgain = listenTo(resumed);
  await reinvite(bench, resumed, received.media.offer({}));
  expect([told, toldAgain]).toEqual([[], [{ state: 'recording' }]]);
  await alice.endpoint.stop();
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[RECORD5] a page whose connection broke is told over the next one', async () => {
  const { bench, alice, session, told, callSid } = await makeTalk();
  bench.network.cut(alice.flow!);
  await bench.run();
  bench.board.switch.tellRecording(callSid, 'recording');
  await bench.run(500);
  expect(told).toEqual([]);
  await alice.connect('WS');
  await bench.register(alice, 'alice', { contact: contactOf(alice, 'alice', 'tab1') });
  session.rebind(alice.flow!);
  await bench.run();
  expect(told).toEqual([{ state: 'recording' }]);
  expect(await bench.close()).toEqual(nothingLeft);
});
