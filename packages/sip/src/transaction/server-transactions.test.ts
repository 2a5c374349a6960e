import { describe, expect, it } from 'vitest';
import { parseMessage } from '../message/parse.js';
import { createResponse } from '../message/responses.js';
import { SipHeaderError, SipParseError } from '../message/syntax-errors.js';
import type { Flow } from '../transport/flow.js';
import { answerTo, makeLayer, makeRequest, RecordingFlow } from './testing/transaction-fixture.js';
import type { TransactionLayerOptions } from './transaction-layer.js';

function startServer(
  method: string,
  protocol: 'UDP' | 'TCP' | 'WSS' = 'UDP',
  options: Partial<TransactionLayerOptions> = {},
) {
  const kit = makeLayer(options);
  const flow = new RecordingFlow(protocol);
  kit.layer.receive(makeRequest(method), flow);
  const transaction = kit.transactions[0]!;
  kit.events.length = 0;
  const { request } = transaction; // Let go with the first final response.
  const respond = (status: number) => transaction.respond(answerTo(request, status));
  return { ...kit, flow, transaction, respond };
}
type Kit = ReturnType<typeof startServer>;

type Feed = 'request' | 'ack' | 'provisional' | 'success' | 'failure' | 'transportError';
const feeds = (method: string): Record<Feed, (kit: Kit) => void> => ({
  request: (kit) => kit.layer.receive(makeRequest(method), kit.flow),
  ack: (kit) => kit.layer.receive(makeRequest('ACK'), kit.flow),
  provisional: (kit) => kit.respond(180),
  success: (kit) => kit.respond(200),
  failure: (kit) => kit.respond(486),
  transportError: (kit) => kit.layer.flowClosed(kit.flow, 'gone'),
});

interface Outcome {
  state: string;
  sent?: string[];
  events?: string[];
}
const failed: Outcome = { state: 'terminated', events: ['transportError', 'terminated'] };

/** RFC 3261 figure 7 with RFC 6026 §8.7. */
const inviteTable: Record<string, { reach: Feed[]; outcomes: Record<Feed, Outcome> }> = {
  proceeding: {
    reach: ['provisional'],
    outcomes: {
      request: { state: 'proceeding', sent: ['180'] },
      ack: { state: 'proceeding' },
      provisional: { state: 'proceeding', sent: ['180'] },
      success: { state: 'accepted', sent: ['200'] },
      failure: { state: 'completed', sent: ['486'] },
      transportError: failed,
    },
  },
  accepted: {
    reach: ['success'],
    outcomes: {
      request: { state: 'accepted' },
      ack: { state: 'accepted', events: ['ack'] },
      provisional: { state: 'accepted' },
      success: { state: 'accepted', sent: ['200'] },
      failure: { state: 'accepted' },
      transportError: failed,
    },
  },
  completed: {
    reach: ['failure'],
    outcomes: {
      request: { state: 'completed', sent: ['486'] },
      ack: { state: 'confirmed' },
      provisional: { state: 'completed' },
      success: { state: 'completed' },
      failure: { state: 'completed' },
      transportError: failed,
    },
  },
  confirmed: {
    reach: ['failure', 'ack'],
    outcomes: {
      request: { state: 'confirmed' },
      ack: { state: 'confirmed' },
      provisional: { state: 'confirmed' },
      success: { state: 'confirmed' },
      failure: { state: 'confirmed' },
      transportError: { state: 'confirmed' }, // UDP: over a connection the state lasts no time.
    },
  },
};

const nonInviteTable: Record<string, { reach: Feed[]; outcomes: Partial<Record<Feed, Outcome>> }> = {
  trying: {
    reach: [],
    outcomes: {
      request: { state: 'trying' },
      provisional: { state: 'proceeding', sent: ['180'] },
      success: { state: 'completed', sent: ['200'] },
      failure: { state: 'completed', sent: ['486'] },
      transportError: failed,
    },
  },
  proceeding: {
    reach: ['provisional'],
    outcomes: {
      request: { state: 'proceeding', sent: ['180'] },
      provisional: { state: 'proceeding', sent: ['180'] },
      success: { state: 'completed', sent: ['200'] },
      failure: { state: 'completed', sent: ['486'] },
      transportError: failed,
    },
  },
  completed: {
    reach: ['success'],
    outcomes: {
      request: { state: 'completed', sent: ['200'] },
      provisional: { state: 'completed' },
      success: { state: 'completed' },
      failure: { state: 'completed' },
      transportError: { state: 'completed' },
    },
  },
};

for (const [method, table] of [
  ['INVITE', inviteTable],
  ['OPTIONS', nonInviteTable],
] as const) {
  describe(`${method} server transaction, every state and every input`, () => {
    for (const [state, { reach, outcomes }] of Object.entries(table)) {
      for (const [feed, outcome] of Object.entries(outcomes) as [Feed, Outcome][]) {
        it(`${state} + ${feed} → ${outcome.state}`, () => {
          // A WebSocket is the flow that nothing can replace; the states after the end are looked at over UDP.
          const over = outcome.state === 'terminated' ? 'WSS' : 'UDP';
          const kit = startServer(method, over);
          for (const step of reach) feeds(method)[step](kit);
          expect(kit.transaction.state).toBe(state);
          kit.flow.take();
          kit.events.length = 0;
          feeds(method)[feed](kit);
          expect(kit.transaction.state).toBe(outcome.state);
          expect(kit.flow.take()).toEqual(outcome.sent ?? []);
          expect(kit.events).toEqual(outcome.events ?? []);
          if (!['accepted', 'completed', 'confirmed', 'terminated'].includes(outcome.state)) kit.respond(500);
          kit.clock.runUntilIdle();
          expect(kit.layer.counts.serverTransactions).toBe(0);
        });
      }
    }
  });
}

function sendTimes(kit: Kit, forMs: number): number[] {
  const times: number[] = [];
  const start = kit.clock.now();
  kit.flow.take();
  for (let at = 0; at < forMs; at += 100) {
    kit.clock.advance(100);
    for (const _ of kit.flow.take()) times.push(kit.clock.now() - start);
  }
  return times;
}

describe('timers of the server transactions', () => {
  it('sends 100 after 200 ms unless something was sent', () => {
    const silent = startServer('INVITE');
    silent.clock.advance(199);
    expect(silent.flow.take()).toEqual([]);
    silent.clock.advance(1);
    expect(silent.flow.lastResponse().to.tag).toBeUndefined();
    expect(silent.flow.take()).toEqual(['100']);
    const ringing = startServer('INVITE');
    ringing.respond(180);
    ringing.flow.take();
    ringing.clock.advance(300);
    expect(ringing.flow.take()).toEqual([]);
  });

  it('a repeated INVITE stops neither the 100 nor G', () => {
    const kit = startServer('INVITE');
    kit.clock.advance(100);
    kit.layer.receive(makeRequest('INVITE'), kit.flow);
    kit.clock.advance(100);
    expect(kit.flow.take()).toEqual(['100']);
    kit.respond(486);
    kit.clock.advance(300);
    kit.layer.receive(makeRequest('INVITE'), kit.flow);
    expect(kit.flow.take()).toEqual(['486', '486']);
    kit.clock.advance(200);
    expect(kit.flow.take()).toEqual(['486']);
  });

  it('sends no 100 for other methods (RFC 4320)', () => {
    const kit = startServer('OPTIONS');
    kit.clock.advance(30_000);
    expect(kit.flow.take()).toEqual([]);
  });

  it('G repeats a failure, up to T2, and H gives up without ACK after 32 s', () => {
    const kit = startServer('INVITE');
    kit.respond(486);
    expect(sendTimes(kit, 40_000)).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(kit.events).toEqual(['timeout', 'terminated']);
    expect(kit.layer.counts.serverTransactions).toBe(0);
  });

  it('G is silent over TCP, H is not', () => {
    const kit = startServer('INVITE', 'TCP');
    kit.respond(486);
    expect(sendTimes(kit, 40_000)).toEqual([]);
    expect(kit.events).toEqual(['timeout', 'terminated']);
  });

  it('the ACK stops G; I is 5 s over UDP and nil over TCP', () => {
    for (const [protocol, lifeMs] of [
      ['UDP', 5000],
      ['TCP', 0],
    ] as const) {
      const kit = startServer('INVITE', protocol);
      kit.respond(486);
      kit.layer.receive(makeRequest('ACK'), kit.flow);
      kit.flow.take();
      expect(kit.layer.counts.serverTransactions).toBe(lifeMs > 0 ? 1 : 0);
      kit.clock.advance(lifeMs);
      expect(kit.flow.take()).toEqual([]);
      expect(kit.layer.counts.serverTransactions).toBe(0);
      expect(kit.clock.pendingTimers).toBe(0);
      expect(kit.events).toEqual(['terminated']);
    }
  });

  it('L is 32 s on any flow; the 2xx is not repeated by the transaction', () => {
    for (const protocol of ['UDP', 'TCP'] as const) {
      const kit = startServer('INVITE', protocol);
      kit.respond(200);
      expect(sendTimes(kit, 31_900)).toEqual([]);
      expect(kit.layer.counts.serverTransactions).toBe(1);
      kit.clock.advance(100);
      expect(kit.layer.counts.serverTransactions).toBe(0);
    }
  });

  it('J is 32 s over UDP and nil over TCP', () => {
    const udp = startServer('OPTIONS');
    udp.respond(200);
    udp.clock.advance(31_999);
    expect(udp.layer.counts.serverTransactions).toBe(1);
    udp.clock.advance(1);
    expect(udp.layer.counts.serverTransactions).toBe(0);
    const tcp = startServer('OPTIONS', 'TCP');
    tcp.respond(200);
    expect(tcp.layer.counts.serverTransactions).toBe(0);
    expect(tcp.clock.pendingTimers).toBe(0);
  });

  it.each(['INVITE', 'OPTIONS'])('let go of the %s with its final response, and still repeat that', (method) => {
    const kit = startServer(method);
    kit.respond(180);
    expect(kit.transaction.request.method).toBe(method);
    kit.respond(486);
    expect(() => kit.transaction.request).toThrow('let go');
    kit.flow.take();
    kit.layer.receive(makeRequest(method), kit.flow);
    expect(kit.flow.take()).toEqual(['486']);
    kit.layer.stop();
  });

  it('repeats the very bytes that were sent first', () => {
    const kit = startServer('OPTIONS');
    kit.respond(200);
    kit.layer.receive(makeRequest('OPTIONS'), kit.flow);
    expect(kit.flow.sent[1]).toBe(kit.flow.sent[0]);
    const invite = startServer('INVITE');
    const ok = answerTo(invite.transaction.request, 200);
    invite.transaction.respond(ok);
    invite.transaction.respond(ok);
    expect(invite.flow.sent[1]).toEqual(invite.flow.sent[0]);
  });
});

describe('responses that cannot be written', () => {
  it.each(['INVITE', 'OPTIONS'])('leave the %s transaction as it was', (method) => {
    const kit = startServer(method);
    const { state } = kit.transaction;
    const response = answerTo(kit.transaction.request, 486);
    response.reason = 'Busy\r\nX-Evil: 1';
    expect(() => kit.transaction.respond(response)).toThrow(SipHeaderError);
    expect(kit.transaction.state).toBe(state);
    kit.respond(486);
    expect(kit.flow.take()).toEqual(['486']);
    kit.clock.runUntilIdle();
    expect(kit.layer.counts.serverTransactions).toBe(0);
  });
});

describe('matching of requests', () => {
  it('hands a retransmission up once only', () => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    for (let copy = 0; copy < 5; copy++) kit.layer.receive(makeRequest('MESSAGE'), flow);
    expect(kit.events).toEqual(['request MESSAGE']);
  });

  it('keeps clients apart that chose the same branch: sent-by and method belong to the key', () => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    kit.layer.receive(makeRequest('MESSAGE'), flow);
    kit.layer.receive(makeRequest('MESSAGE', { sentBy: { host: '192.0.2.77', port: 5090 } }), flow);
    kit.layer.receive(makeRequest('MESSAGE', { sentBy: { host: '192.0.2.9', port: 5091 } }), flow);
    kit.layer.receive(makeRequest('OPTIONS'), flow);
    expect(kit.layer.counts.serverTransactions).toBe(4);
  });

  it.each([[''], ['z9hG4bK'], ['1']])('falls back to RFC 2543 rules for the branch %j', (branch) => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    const invite = (choices = {}) => kit.layer.receive(makeRequest('INVITE', { branch, ...choices }), flow);
    invite();
    invite();
    expect(kit.events).toEqual(['request INVITE']);
    invite({ callId: 'call-2' });
    invite({ fromTag: 'alice2' });
    invite({ cseq: 2 });
    expect(kit.layer.counts.serverTransactions).toBe(4);
    kit.transactions[0]!.respond(answerTo(kit.transactions[0]!.request, 486));
    kit.layer.receive(makeRequest('ACK', { branch, toTag: 'bob1' }), flow);
    expect(kit.transactions[0]!.state).toBe('confirmed');
    kit.layer.stop();
  });

  it('hands up an ACK that fits nothing', () => {
    const kit = makeLayer();
    kit.layer.receive(makeRequest('ACK', { branch: 'z9hG4bKown' }), new RecordingFlow());
    expect(kit.events).toEqual(['ack']);
    expect(kit.layer.counts.serverTransactions).toBe(0);
  });

  it('finds the INVITE of a CANCEL, and says so when there is none', () => {
    const kit = startServer('INVITE');
    kit.layer.receive(makeRequest('CANCEL'), kit.flow);
    kit.layer.receive(makeRequest('CANCEL', { branch: 'z9hG4bKunknown' }), kit.flow);
    expect(kit.events).toEqual(['cancel', 'cancel of nothing']);
    kit.transactions[1]!.respond(createResponse(kit.transactions[1]!.request, 200));
    kit.layer.receive(makeRequest('CANCEL'), kit.flow);
    expect(kit.events).toHaveLength(2);
    expect(kit.flow.take()).toEqual(['200', '200']);
    kit.layer.stop();
  });

  it('detects merged requests, not retransmissions, re-INVITEs or later ones', () => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    kit.layer.receive(makeRequest('INVITE', { branch: 'z9hG4bKway1' }), flow);
    kit.layer.receive(makeRequest('INVITE', { branch: 'z9hG4bKway2' }), flow);
    kit.layer.receive(makeRequest('INVITE', { branch: 'z9hG4bKnext', cseq: 2 }), flow);
    kit.layer.receive(makeRequest('INVITE', { branch: 'z9hG4bKre', toTag: 'bob1' }), flow);
    expect(kit.transactions.map((transaction) => kit.layer.isMerged(transaction))).toEqual([false, true, false, false]);
    kit.layer.stop();
    kit.layer.receive(makeRequest('INVITE', { branch: 'z9hG4bKway3' }), flow);
    expect(kit.layer.isMerged(kit.transactions.at(-1)!)).toBe(false);
  });

  it('does not call it merged when the first way ended in an answer that asks for another try', () => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    const merged: boolean[] = [];
    for (const [branch, status] of [
      ['z9hG4bKway1', 503],
      ['z9hG4bKway2', 486],
      ['z9hG4bKway3', 482],
    ] as const) {
      kit.layer.receive(makeRequest('INVITE', { branch }), flow);
      const transaction = kit.transactions.at(-1)!;
      merged.push(kit.layer.isMerged(transaction));
      transaction.respond(answerTo(transaction.request, status));
    }
    expect(merged).toEqual([false, false, true]);
    kit.layer.stop();
  });

  it('answers 503 without state once it is full', () => {
    const kit = makeLayer({ maxServerTransactions: 1 });
    const flow = new RecordingFlow();
    kit.layer.receive(makeRequest('OPTIONS', { branch: 'z9hG4bKa1' }), flow);
    kit.layer.receive(makeRequest('OPTIONS', { branch: 'z9hG4bKa2' }), flow);
    expect(flow.take()).toEqual(['503']);
    expect(kit.events).toEqual(['request OPTIONS']);
    expect(kit.layer.counts.serverTransactions).toBe(1);
  });

  it('survives a user that throws', () => {
    const kit = makeLayer();
    kit.layer.user = {
      ...kit.layer.user!,
      onRequest() {
        throw new Error('boom');
      },
    };
    expect(() => kit.layer.receive(makeRequest('OPTIONS'), new RecordingFlow())).not.toThrow();
  });
});

describe('where responses go', () => {
  it('notes received and rport in the top Via, and leaves those below alone', () => {
    const kit = makeLayer();
    const request = makeRequest('OPTIONS', { sentBy: { host: 'phone.invalid' } });
    request.headers.add('Via', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKbelow');
    const flow = new RecordingFlow();
    kit.layer.receive(request, flow);
    kit.transactions[0]!.respond(answerTo(kit.transactions[0]!.request, 200));
    const [top, below] = flow.lastResponse().vias;
    expect([top?.host, top?.received, top?.rport]).toEqual(['phone.invalid', '192.0.2.9', 5090]);
    expect(below?.toString()).toBe('SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKbelow');
  });

  it('writes nothing into a Via that tells the truth and asks for nothing', () => {
    const kit = makeLayer();
    const flow = new RecordingFlow();
    kit.layer.receive(makeRequest('OPTIONS', { rport: false }), flow);
    expect(kit.transactions[0]!.request.topVia.received).toBeUndefined();
  });

  function withConnect(answer: () => Promise<Flow>) {
    const asked: string[] = [];
    const connect: TransactionLayerOptions['connect'] = (protocol, target) => {
      asked.push(`${protocol} ${target.host}:${target.port}`);
      return answer();
    };
    return { asked, connect };
  }

  it('UDP without rport: to the source address at the sent-by port', async () => {
    const other = new RecordingFlow('UDP', { host: '192.0.2.9', port: 5070 });
    const { asked, connect } = withConnect(async () => other);
    const kit = makeLayer({ connect });
    const flow = new RecordingFlow();
    kit.layer.receive(makeRequest('INVITE', { rport: false, sentBy: { host: '10.1.1.1', port: 5070 } }), flow);
    const transaction = kit.transactions[0]!;
    transaction.respond(answerTo(transaction.request, 180));
    transaction.respond(answerTo(transaction.request, 486));
    await kit.clock.advanceAsync(0);
    expect(asked).toEqual(['UDP 192.0.2.9:5070']);
    await kit.clock.advanceAsync(500);
    expect(other.take()).toEqual(['486', '486']);
    expect(flow.take()).toEqual([]);
    kit.layer.stop();
  });

  it('TCP: a new connection to the sent-by port when the old one is gone', async () => {
    const other = new RecordingFlow('TCP', { host: '192.0.2.9', port: 5090 });
    const { asked, connect } = withConnect(async () => other);
    const kit = startServer('INVITE', 'TCP', { connect });
    kit.flow.close();
    kit.layer.flowClosed(kit.flow, 'reset');
    expect(kit.transaction.state).toBe('proceeding');
    kit.respond(200);
    await kit.clock.advanceAsync(0);
    expect(asked).toEqual(['TCP 192.0.2.9:5090']);
    expect(other.take()).toEqual(['200']);
    kit.layer.stop();
  });

  it('TCP: reports the loss when no new connection can be had', async () => {
    const { connect } = withConnect(async () => {
      throw new Error('refused');
    });
    const kit = startServer('INVITE', 'TCP', { connect });
    kit.flow.close();
    kit.respond(200);
    await kit.clock.advanceAsync(0);
    expect(kit.events).toEqual(['transportError', 'terminated']);
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it('WebSocket: never tries to connect to a browser', () => {
    const { asked, connect } = withConnect(async () => new RecordingFlow());
    const kit = startServer('INVITE', 'WSS', { connect });
    kit.flow.close();
    kit.respond(200);
    expect(asked).toEqual([]);
    expect(kit.events).toEqual(['transportError', 'terminated']);
  });
});

describe('stateless answers', () => {
  const broken = (text: string): SipParseError => {
    try {
      parseMessage(new TextEncoder().encode(text.replaceAll('\n', '\r\n')));
    } catch (error) {
      if (error instanceof SipParseError) return error;
    }
    throw new Error('the message was taken');
  };
  const head = 'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx;rport\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: x\n';

  it('answers a request that did not parse, with its source and a To tag', () => {
    const { layer } = makeLayer();
    const flow = new RecordingFlow();
    layer.answerBadMessage(broken(`OPTIONS sip:c@d SIP/2.0\n${head}CSeq: 1 INVITE\n\n`), flow);
    const response = flow.lastResponse();
    expect(response.status).toBe(400);
    expect(response.to.tag).toMatch(/^[0-9a-f]{8}$/);
    expect([response.topVia.received, response.topVia.rport]).toEqual(['192.0.2.9', 5090]);
    expect(layer.counts.serverTransactions).toBe(0);
  });

  it('is silent, and does not throw, where it would have to echo what cannot be written', () => {
    const { layer } = makeLayer();
    const flow = new RecordingFlow();
    const nul = String.fromCharCode(0);
    layer.answerBadMessage(broken(`OPTIONS sip:c@d SIP/2.0\n${head.replace('c@d', `c${nul}@d`)}CSeq: x\n\n`), flow);
    expect(flow.take()).toEqual([]);
  });

  it('is silent about ACKs, responses and noise', () => {
    const { layer } = makeLayer();
    const flow = new RecordingFlow();
    for (const text of [
      `ACK sip:c@d SIP/2.0\n${head}CSeq: 1 INVITE\n\n`,
      `SIP/2.0 200 OK\n${head}CSeq: x\n\n`,
      'hello',
    ]) {
      layer.answerBadMessage(broken(text), flow);
    }
    layer.respondStateless(makeRequest('ACK'), flow, 400);
    expect(flow.take()).toEqual([]);
  });

  it('gives equal answers to equal requests', () => {
    const { layer } = makeLayer();
    const flow = new RecordingFlow();
    for (let copy = 0; copy < 2; copy++) layer.respondStateless(makeRequest('OPTIONS'), flow, 403, { reason: 'No' });
    expect(new TextDecoder().decode(flow.sent[0])).toBe(new TextDecoder().decode(flow.sent[1]));
    expect(flow.lastResponse().reason).toBe('No');
  });
});
