import { describe, expect, it } from 'vitest';
import type { SipResponse } from '../message/message.js';
import type { SipProtocol } from '../transport/flow.js';
import { answerSdp, leftovers, makeWorld, nextInvite, offerSdp, watchEnd } from './testing/ua-fixture.js';

type Header = [name: string, value: string];

const timer = (value: string): Header[] => [
  ['Supported', 'timer'],
  ['Session-Expires', value],
];
const allow: Header = ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE'];

/** A peer's INVITE with these header fields has been answered, and the ACK has come. */
async function talking(headers: Header[], protocol: SipProtocol = 'UDP') {
  const world = makeWorld();
  const bob = await world.endpoint('10.0.0.2');
  const peer = await world.peer('10.0.0.9');
  const flow = await peer.connect('10.0.0.2', protocol);
  const ringing = nextInvite(bob);
  peer.send(flow, 'INVITE', { sdp: offerSdp, headers });
  await world.pass();
  const session = (await ringing).accept({ sdp: answerSdp })!;
  await world.pass();
  const answer = peer.lastResponse('INVITE');
  const inDialog = { callId: 'call-1', toTag: session.localTag, fromTag: 'peer' };
  peer.send(flow, 'ACK', inDialog);
  await world.pass();
  return { world, bob, peer, flow, session, answer, inDialog, ends: watchEnd(session) };
}
type Talk = Awaited<ReturnType<typeof talking>>;

const saidOf = (response: SipResponse) =>
  ['Session-Expires', 'Require'].map((name) => response.headers.get(name) ?? '-').join(' | ');

async function expectNothingLeft({ world, bob, peer, session }: Talk): Promise<void> {
  if (!session.ended) {
    session.bye();
    await world.pass();
  }
  if (peer.requests('BYE').length > 0) peer.answer(peer.last('BYE'), 200);
  expect(await leftovers(world, bob)).toEqual([]);
  expect(world.clock.pendingTimers).toBe(0);
}

describe('a session with a timer', () => {
  it('[TIM1] lasts while the peer refreshes it, and ends with BYE when it does not', async () => {
    const talk = await talking(timer('90;refresher=uac'));
    const { world, peer, flow, answer, inDialog, ends } = talk;
    expect(saidOf(answer)).toBe('90;refresher=uac | timer');
    for (const cseq of [2, 3]) {
      await world.pass(45_000);
      peer.send(flow, 'UPDATE', { ...inDialog, cseq, headers: timer('90;refresher=uac') });
      await world.pass();
      expect(saidOf(peer.lastResponse('UPDATE'))).toBe('90;refresher=uac | timer');
    }
    await world.pass(59_900);
    expect(ends).toEqual([]);
    await world.pass(200);
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    expect(peer.requests('BYE')).toHaveLength(1);
    await expectNothingLeft(talk);
  });

  it.each([
    ['the peer says so', [...timer('100;refresher=uas'), allow], '100;refresher=uas | timer'],
    ['only a proxy knows timers', [['Session-Expires', '100'] as Header, allow], '100;refresher=uas | -'],
  ] as const)('[TIM2] is refreshed by us when %s', async (_why, headers, said) => {
    const talk = await talking([...headers]);
    const { world, peer, answer, ends } = talk;
    expect(saidOf(answer)).toBe(said);
    for (const count of [1, 2]) {
      await world.pass(49_900);
      expect(peer.requests('UPDATE')).toHaveLength(count - 1);
      await world.pass(200);
      const { request } = peer.last('UPDATE');
      expect(peer.requests('UPDATE')).toHaveLength(count);
      expect(request.headers.get('Session-Expires')).toBe('100;refresher=uac');
      expect(request.sdp).toBeUndefined();
      peer.answer(peer.last('UPDATE'), 200, { headers: [['Session-Expires', '100;refresher=uac']] });
      await world.pass();
    }
    await world.pass(50_000);
    peer.answer(peer.last('UPDATE'), 503); // In trouble, which is no end yet.
    await world.pass(10_500);
    expect(ends).toEqual([]);
    peer.answer(peer.last('UPDATE'), 481);
    await world.pass();
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    expect(peer.requests('BYE')).toHaveLength(0);
    await expectNothingLeft(talk);
  });

  it('[TIM3] ends when our refreshes get no answer', async () => {
    const talk = await talking([...timer('90;refresher=uas'), allow]);
    const { world, peer, ends } = talk;
    await world.pass(59_900);
    expect(ends).toEqual([]);
    await world.pass(200);
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    await world.pass();
    expect(peer.requests('BYE')).toHaveLength(1);
    await expectNothingLeft(talk);
  });

  it('[TIM4] wants no interval below 90 s: 422 with Min-SE, to re-INVITE and UPDATE too', async () => {
    const world = makeWorld();
    const bob = await world.endpoint('10.0.0.2');
    const peer = await world.peer('10.0.0.9');
    const flow = await peer.connect('10.0.0.2');
    bob.on('invite', (invite) => invite.reject(486));
    peer.send(flow, 'INVITE', { sdp: offerSdp, headers: timer('60') });
    await world.pass();
    expect([peer.statuses('INVITE').at(-1), peer.lastResponse('INVITE').headers.get('Min-SE')]).toEqual([422, '90']);

    const talk = await talking([]);
    talk.session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    talk.peer.send(talk.flow, 'UPDATE', { ...talk.inDialog, cseq: 2, headers: timer('60') });
    talk.peer.send(talk.flow, 'INVITE', { ...talk.inDialog, cseq: 3, headers: timer('60'), sdp: offerSdp });
    await talk.world.pass();
    expect([talk.peer.statuses('UPDATE').at(-1), talk.peer.statuses('INVITE').at(-1)]).toEqual([422, 422]);
    await expectNothingLeft(talk);
  });

  it.each([
    ['it does not ask for one', [], 'UDP'],
    ['it asks for less than 90 s and knows no timers', [['Session-Expires', '60']], 'UDP'],
    ['we are to refresh and it takes no UPDATE', timer('90;refresher=uas'), 'UDP'],
    ['it is a browser, which its connection tells of', timer('90'), 'WS'],
    ['what it says is no interval', timer('soon'), 'UDP'],
  ] as const)('[TIM5] has no end when %s', async (_why, headers, protocol) => {
    const talk = await talking([...headers] as Header[], protocol);
    expect(saidOf(talk.answer)).toBe('- | -');
    await talk.world.pass(3_600_000);
    expect(talk.ends).toEqual([]);
    expect(talk.peer.requests('UPDATE')).toEqual([]);
    await expectNothingLeft(talk);
  });

  it('[TIM6] loses its timer by a refresh that names none, and gets one by a re-INVITE', async () => {
    const talk = await talking([...timer('90'), ['Require', 'timer']]);
    const { world, peer, flow, session, inDialog, answer, ends } = talk;
    expect(saidOf(answer)).toBe('90;refresher=uac | timer');
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: answerSdp }));
    peer.send(flow, 'UPDATE', { ...inDialog, cseq: 2 });
    await world.pass(600_000);
    expect(ends).toEqual([]);
    peer.send(flow, 'INVITE', { ...inDialog, cseq: 3, sdp: offerSdp, headers: timer('120') });
    await world.pass();
    expect(saidOf(peer.lastResponse('INVITE'))).toBe('120;refresher=uac | timer');
    peer.send(flow, 'ACK', { ...inDialog, cseq: 3 });
    await world.pass(88_100);
    expect(ends).toEqual([{ by: 'local', cause: 'dialog-gone' }]);
    await world.pass();
    await expectNothingLeft(talk);
  });

  it('[TIM7] is refreshed by a re-INVITE of ours, which keeps the roles; 422 to a refresh makes the interval longer', async () => {
    const talk = await talking([...timer('90;refresher=uas'), allow]);
    const { world, peer, session, ends } = talk;
    await world.pass(40_000);
    const changed = session.reinvite({ sdp: offerSdp });
    await world.pass();
    const { request } = peer.last('INVITE');
    expect(request.headers.get('Session-Expires')).toBe('90;refresher=uac');
    const granted: Header[] = [['Session-Expires', '90;refresher=uac']];
    peer.answer(peer.last('INVITE'), 200, { sdp: answerSdp, headers: granted });
    await world.pass();
    expect((await changed).sdp).toBe(answerSdp);
    await world.pass(44_900);
    expect(peer.requests('UPDATE')).toEqual([]);
    await world.pass(200);
    peer.answer(peer.last('UPDATE'), 422, { headers: [['Min-SE', '300']] });
    await world.pass();
    const again = peer.last('UPDATE').request;
    expect([again.headers.get('Session-Expires'), again.headers.get('Min-SE')]).toEqual(['300;refresher=uac', '300']);
    peer.answer(peer.last('UPDATE'), 200, { headers: [['Session-Expires', '300;refresher=uac']] });
    await world.pass(149_000);
    expect(peer.requests('UPDATE')).toHaveLength(2);
    expect(ends).toEqual([]);
    await expectNothingLeft(talk);
  });
});
