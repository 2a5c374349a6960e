import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { SipRequest } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import { createResponse } from '../message/responses.js';
import { writeMessage } from '../message/write.js';
import { LoopNetwork, type LoopTransport, type NetworkConditions } from '../transport/loop-network.js';
import { countingRandom, makeRequest } from './testing/transaction-fixture.js';
import { TransactionLayer } from './transaction-layer.js';

/** Two transaction layers with a network between them. Bob's user answers INVITE as told and all else with 200. */
async function makePair(conditions: Partial<NetworkConditions> = {}, inviteStatus = 486) {
  const clock = new FakeClock();
  const random = countingRandom();
  const network = new LoopNetwork({ clock, random, conditions });
  const heard: string[] = [];

  const makeSide = async (host: string) => {
    const transport = network.transport({ host });
    const layer = new TransactionLayer({
      clock,
      random,
      connect: (protocol, target) => transport.connect(protocol, target),
    });
    await transport.start({
      message: (bytes, flow) => layer.receive(parseMessage(bytes), flow),
      flowClosed: (flow, reason) => layer.flowClosed(flow, reason),
    });
    return { transport, layer };
  };
  const alice = await makeSide('192.0.2.1');
  const bob = await makeSide('192.0.2.2');
  const nobody = { onAck() {}, onStrayResponse() {}, onCancel() {}, onRequest() {} };
  alice.layer.user = nobody;
  bob.layer.user = {
    ...nobody,
    onAck: () => heard.push('ack'),
    onRequest(transaction, request) {
      heard.push(request.method);
      const status = request.method === 'INVITE' ? inviteStatus : 200;
      if (request.method === 'INVITE') transaction.respond(createResponse(request, 180, { toTag: 'b' }));
      transaction.respond(createResponse(request, status, { toTag: 'b' }));
    },
  };
  return { clock, network, alice, bob, heard };
}

async function ask(
  pair: { alice: { transport: LoopTransport; layer: TransactionLayer } },
  method: string,
  callId: string,
) {
  const outcomes: string[] = [];
  const flow = await pair.alice.transport.connect('UDP', { host: '192.0.2.2', port: 5060 });
  pair.alice.layer.createClient(
    makeRequest(method, { noVia: true, callId }),
    flow,
    {
      onFinal: (response) => outcomes.push(String(response.status)),
      onTimeout: () => outcomes.push('timeout'),
      onTransportError: () => outcomes.push('transportError'),
    },
    { sentBy: pair.alice.transport.sentBy(flow) },
  );
  return outcomes;
}

describe('two transaction layers over a bad network', () => {
  const conditions: [string, Partial<NetworkConditions>][] = [
    ['a good one', {}],
    ['30 % loss', { loss: 0.3 }],
    ['every datagram twice', { duplication: 1 }],
    ['half of the datagrams out of order', { reorder: 0.5, delayMs: 20, reorderByMs: 700 }],
    ['all of that', { loss: 0.2, duplication: 0.3, reorder: 0.3, delayMs: 30 }],
  ];
  for (const [name, condition] of conditions) {
    for (const method of ['INVITE', 'OPTIONS']) {
      it(`${method} over ${name}: one request up, one final response up, nothing left`, async () => {
        const pair = await makePair(condition);
        const asked: string[][] = [];
        for (let call = 0; call < 40; call++) {
          asked.push(await ask(pair, method, `call-${call}`));
          pair.clock.advance(50);
        }
        pair.clock.runUntilIdle();
        expect(pair.heard.filter((what) => what !== 'ack')).toHaveLength(40);
        expect(asked).toEqual(asked.map(() => [method === 'INVITE' ? '486' : '200']));
        expect(pair.alice.layer.counts.clientTransactions).toBe(0);
        expect(pair.bob.layer.counts.serverTransactions).toBe(0);
        expect(pair.clock.pendingTimers).toBe(0);
      });
    }
  }

  it('a dead network ends in timeouts, and leaves nothing', async () => {
    const pair = await makePair({ loss: 1 });
    const asked = [await ask(pair, 'INVITE', 'a'), await ask(pair, 'OPTIONS', 'b')];
    pair.clock.runUntilIdle();
    expect(asked).toEqual([['timeout'], ['timeout']]);
    expect(pair.heard).toEqual([]);
    expect(pair.clock.pendingTimers).toBe(0);
  });

  it('a lost ACK brings the failure again, and the ACK again', async () => {
    const pair = await makePair();
    let lost = 0;
    pair.network.drop = (message) => message.startLine.startsWith('ACK') && lost++ < 2;
    const outcome = await ask(pair, 'INVITE', 'a');
    pair.clock.runUntilIdle();
    expect(outcome).toEqual(['486']);
    expect(pair.network.ladder().filter((line) => line.startsWith('486'))).toHaveLength(3);
    expect(pair.network.ladder().filter((line) => line.startsWith('ACK'))).toHaveLength(3);
  });

  it('a response without a way back dies with its transaction, over TCP with a new connection it does not', async () => {
    const { clock, network, alice, bob } = await makePair();
    bob.layer.user = { ...bob.layer.user!, onRequest: (transaction) => held.push(transaction) };
    const held: Parameters<NonNullable<typeof bob.layer.user>['onRequest']>[0][] = [];
    const flow = await alice.transport.connect('TCP', bob.transport.address);
    const request = makeRequest('OPTIONS', { noVia: true });
    alice.layer.addVia(request, flow, alice.transport.sentBy(flow));
    flow.send(writeMessage(request));
    clock.advance(0);
    network.cut(flow);
    clock.advance(0);
    held[0]!.respond(createResponse(held[0]!.request, 200));
    await clock.advanceAsync(10);
    const last = network.messages.at(-1)!;
    expect([last.startLine, last.from.host, last.to]).toEqual([
      '200 OK',
      '192.0.2.2',
      { host: '192.0.2.1', port: 5060 },
    ]);
    expect(bob.layer.counts.serverTransactions).toBe(0);
  });

  it('keeps on record what went through', async () => {
    const pair = await makePair();
    await ask(pair, 'OPTIONS', 'a');
    pair.clock.runUntilIdle();
    expect(pair.network.ladder()).toEqual(['OPTIONS sip:bob@example.com', '200 OK']);
    const first = parseMessage(pair.network.messages[0]!.bytes);
    expect(first instanceof SipRequest && first.callId).toBe('a');
  });
});
