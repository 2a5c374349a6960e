import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import { dialled } from './testing/dialled.js';
import {
  aliceUri,
  answerSdp,
  bobUri,
  callTo,
  leftovers,
  loopResolver,
  makeWorld,
  offerSdp,
  watchCall,
} from './testing/ua-fixture.js';

describe('where the caller goes', () => {
  it('[UAC15] tries the next address after 503, silence or a refused connection, and after nothing else', async () => {
    for (const [what, isNextTried] of [
      ['503', true],
      ['silence', true],
      ['refused', true],
      ['500', false],
      ['302', false],
      ['408', false],
    ] as const) {
      const world = makeWorld();
      const alice = await world.endpoint('10.0.0.1');
      const first = what === 'refused' ? undefined : await world.peer('10.0.0.8');
      const second = await world.peer('10.0.0.9');
      const transport = what === 'refused' ? ';transport=tcp' : '';
      const uri = SipUri.parse(`sip:bob@carrier.example${transport}`);
      const call = watchCall(alice.invite(callTo('carrier.example', { target: { uri } })));
      await world.pass();
      if (/\d/.test(what)) first!.answer(first!.last('INVITE'), Number(what));
      await world.pass(what === 'silence' ? 32_100 : 100);
      expect([what, second.requests('INVITE').length > 0]).toEqual([what, isNextTried]);
      if (isNextTried) {
        const { request } = second.last('INVITE');
        expect(request.callId).toBe(first?.last('INVITE').request.callId ?? request.callId);
        second.answer(second.last('INVITE'), 486);
        await world.pass();
      }
      expect(call.events).toEqual([`failed response ${isNextTried ? 486 : what}`]);
      expect(await leftovers(world, alice)).toEqual([]);
    }
  });

  it.each([
    ['by TCP where we choose', 'sip:bob@10.0.0.9', undefined, 2_000, ['TCP']],
    ['by UDP when it is short', 'sip:bob@10.0.0.9', undefined, 0, ['UDP']],
    ['by UDP when its address takes no TCP', 'sip:bob@10.0.0.9', ['UDP'], 2_000, ['UDP']],
    ['by UDP when its URI says so', 'sip:bob@10.0.0.9;transport=udp', undefined, 2_000, ['UDP']],
  ] as const)(
    '[UAC25] a request that no datagram should hold goes %s',
    async (_how, text, protocols, padding, gone) => {
      const world = makeWorld();
      const alice = await world.endpoint('10.0.0.1');
      const peer = await world.peer('10.0.0.9', protocols ? { protocols } : {});
      const target = { uri: SipUri.parse(text) };
      const sdp = `${offerSdp}a=x:${'y'.repeat(padding)}\r\n`;
      const call = watchCall(alice.invite(callTo('10.0.0.9', { target, sdp })));
      const said = alice.request({
        ...{ method: 'MESSAGE', target, from: aliceUri, to: bobUri },
        body: { type: 'text/plain', content: sdp },
      });
      await world.pass();
      expect(world.network.messages.filter(({ to }) => to.host === '10.0.0.9').map(({ protocol }) => protocol)).toEqual(
        [...gone, ...gone],
      );
      peer.answer(peer.last('MESSAGE'), 200);
      peer.answer(peer.last('INVITE'), 486);
      await world.pass();
      expect((await said).status).toBe(200);
      expect(call.failure).toMatchObject({ status: 486 });
      expect(peer.last('INVITE').request.topVia.protocol).toBe(gone[0]);
      expect(await leftovers(world, alice)).toEqual([]);
    },
  );

  it('[UAC16] with a flow never looks anything up, and .invalid is never looked up at all', async () => {
    const world = makeWorld();
    const alice = await world.endpoint('10.0.0.1');
    const browser = await world.peer('10.0.0.20', { listens: false });
    loopResolver.asked.length = 0;
    const near = await browser.connect('10.0.0.1', 'WS');
    const flows: (typeof near)[] = [];
    alice.on('flowOpened', (flow) => flows.push(flow));
    browser.send(near, 'OPTIONS', { via: 'SIP/2.0/WS abc.invalid' });
    await world.pass();
    const uri = SipUri.parse('sip:k3@abc.invalid;transport=ws');
    const call = watchCall(alice.invite(callTo('abc.invalid', { target: { uri, flow: flows[0]! } })));
    await world.pass();
    expect(browser.last('INVITE').request.uri.toString()).toBe('sip:k3@abc.invalid;transport=ws');
    browser.answer(browser.last('INVITE'), 200, { contact: '<sip:k3@abc.invalid;transport=ws;ob>', sdp: answerSdp });
    await world.pass();
    expect(browser.last('ACK').request.uri.toString()).toBe('sip:k3@abc.invalid;transport=ws;ob');
    call.session!.bye();
    await world.pass();
    browser.answer(browser.last('BYE'), 200);
    const lost = watchCall(alice.invite(callTo('abc.invalid', { target: { uri } })));
    await world.pass();
    expect(lost.events).toEqual(['failed transport 503']);
    expect(loopResolver.asked).toEqual([]);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC19] goes to the far end that the answer names, where it had looked up the address itself', async () => {
    const { world, alice, peer, call } = await dialled();
    const media = await world.peer('10.0.0.30');
    peer.answer(peer.last('INVITE'), 200, { contact: '<sip:bob@10.0.0.30>', sdp: answerSdp });
    await world.pass();
    call.session!.bye();
    await world.pass();
    expect(media.received.map(({ message }) => message.cseq.method)).toEqual(['ACK', 'BYE']);
    expect(peer.requests('ACK')).toEqual([]);
    media.answer(media.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });

  it('[UAC19] but keeps a connection, as some carriers refuse a second one', async () => {
    const target = { uri: SipUri.parse('sip:10.0.0.9;transport=tcp') };
    const { world, alice, peer, call } = await dialled({ target });
    peer.answer(peer.last('INVITE'), 200, { contact: '<sip:bob@10.0.0.30;transport=tcp>', sdp: answerSdp });
    await world.pass();
    call.session!.bye();
    await world.pass();
    expect(peer.last('BYE').flow).toBe(peer.last('INVITE').flow);
    peer.answer(peer.last('BYE'), 200);
    expect(await leftovers(world, alice)).toEqual([]);
  });
});
