import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../message/message.js';
import { SipHeaderError } from '../message/syntax-errors.js';
import { writeMessage } from '../message/write.js';
import { answerTo, makeLayer, makeRequest, RecordingFlow } from './testing/transaction-fixture.js';

const sentBy = { host: '192.0.2.1', port: 5060 };

function startClient(method: string, protocol: 'UDP' | 'TCP' = 'UDP', headers: [string, string][] = []) {
  const kit = makeLayer();
  const flow = new RecordingFlow(protocol);
  const request = makeRequest(method, { noVia: true, headers });
  const transaction = kit.layer.createClient(request, flow, kit.handlers, { sentBy });
  const receive = (status: number) => kit.layer.receive(answerTo(transaction.request, status), flow);
  return { ...kit, flow, transaction, receive };
}
type Kit = ReturnType<typeof startClient>;

type Feed = 'provisional' | 'success' | 'failure' | 'transportError';
const feeds: Record<Feed, (kit: Kit) => void> = {
  provisional: (kit) => kit.receive(180),
  success: (kit) => kit.receive(200),
  failure: (kit) => kit.receive(486),
  transportError: (kit) => kit.layer.flowClosed(kit.flow, 'reset'),
};

interface Outcome {
  state: string;
  sent?: string[];
  events?: string[];
}
const nothing = (state: string): Outcome => ({ state, sent: [], events: [] });
const failed: Outcome = { state: 'terminated', events: ['transportError', 'terminated'] };

/** RFC 3261 figure 5 with RFC 6026 §8.4, over TCP where flows close and over UDP where messages repeat. */
const inviteTable: Record<string, { reach: Feed[]; outcomes: Partial<Record<Feed, Outcome>> }> = {
  calling: {
    reach: [],
    outcomes: {
      provisional: { state: 'proceeding', events: ['provisional 180'] },
      success: { state: 'accepted', events: ['final 200'] },
      failure: { state: 'completed', sent: ['ACK'], events: ['final 486'] },
      transportError: failed,
    },
  },
  proceeding: {
    reach: ['provisional'],
    outcomes: {
      provisional: { state: 'proceeding', events: ['provisional 180'] },
      success: { state: 'accepted', events: ['final 200'] },
      failure: { state: 'completed', sent: ['ACK'], events: ['final 486'] },
      transportError: failed,
    },
  },
  accepted: {
    reach: ['success'],
    outcomes: {
      provisional: nothing('accepted'),
      success: { state: 'accepted', events: ['final 200'] },
      failure: nothing('accepted'),
      transportError: { state: 'terminated', events: ['terminated'] },
    },
  },
  completed: {
    reach: ['failure'],
    outcomes: {
      provisional: nothing('completed'),
      success: nothing('completed'),
      failure: { state: 'completed', sent: ['ACK'] },
    },
  },
};

const nonInviteTable: Record<string, { reach: Feed[]; outcomes: Partial<Record<Feed, Outcome>> }> = {
  trying: {
    reach: [],
    outcomes: {
      provisional: { state: 'proceeding', events: ['provisional 180'] },
      success: { state: 'completed', events: ['final 200'] },
      failure: { state: 'completed', events: ['final 486'] },
      transportError: failed,
    },
  },
  proceeding: {
    reach: ['provisional'],
    outcomes: {
      provisional: { state: 'proceeding', events: ['provisional 180'] },
      success: { state: 'completed', events: ['final 200'] },
      failure: { state: 'completed', events: ['final 486'] },
      transportError: failed,
    },
  },
  completed: {
    reach: ['success'],
    outcomes: {
      provisional: nothing('completed'),
      success: nothing('completed'),
      failure: nothing('completed'),
    },
  },
};

for (const [method, table] of [
  ['INVITE', inviteTable],
  ['OPTIONS', nonInviteTable],
] as const) {
  describe(`${method} client transaction, every state and every input`, () => {
    for (const [state, { reach, outcomes }] of Object.entries(table)) {
      for (const [feed, outcome] of Object.entries(outcomes) as [Feed, Outcome][]) {
        // "completed" is looked at over UDP, as it lasts no time over TCP; a UDP flow has no end to report.
        const protocol = feed === 'transportError' ? 'TCP' : 'UDP';
        it(`${state} + ${feed} → ${outcome.state}`, () => {
          const kit = startClient(method, protocol);
          for (const step of reach) feeds[step](kit);
          expect(kit.transaction.state).toBe(state);
          kit.flow.take();
          kit.events.length = 0;
          feeds[feed](kit);
          expect(kit.transaction.state).toBe(outcome.state);
          expect(kit.flow.take()).toEqual(outcome.sent ?? []);
          expect(kit.events).toEqual(outcome.events ?? []);
          kit.clock.runUntilIdle();
          const ringsOn = method === 'INVITE' && outcome.state === 'proceeding'; // Only the layer above ends that.
          expect(kit.layer.counts.clientTransactions).toBe(ringsOn ? 1 : 0);
        });
      }
    }

    it('terminated takes nothing any more', () => {
      const kit = startClient(method, 'TCP');
      kit.layer.flowClosed(kit.flow, 'reset');
      kit.events.length = 0;
      kit.flow.take();
      for (const feed of Object.values(feeds)) feed(kit);
      expect(kit.events).toEqual(['stray 180', 'stray 200', 'stray 486']);
      expect(kit.flow.take()).toEqual([]);
      expect(kit.clock.pendingTimers).toBe(0);
    });
  });
}

/** Runs the clock and notes at what time what was sent. */
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

describe('timers of the client transactions', () => {
  it('A doubles without a cap and B gives up after 32 s', () => {
    const kit = startClient('INVITE');
    expect(kit.flow.sent).toHaveLength(1);
    expect(sendTimes(kit, 40_000)).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(kit.events).toEqual(['timeout', 'terminated']);
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it('A stops with the first provisional, and B too', () => {
    const kit = startClient('INVITE');
    kit.receive(100);
    expect(sendTimes(kit, 60_000)).toEqual([]);
    expect(kit.transaction.state).toBe('proceeding');
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it('E doubles up to T2 and F gives up after 32 s', () => {
    const kit = startClient('OPTIONS');
    expect(sendTimes(kit, 40_000)).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(kit.events).toEqual(['timeout', 'terminated']);
  });

  it('E goes on with T2 after a provisional', () => {
    const kit = startClient('OPTIONS');
    kit.clock.advance(600); // The next E is due at 1500.
    kit.receive(100);
    expect(sendTimes(kit, 10_000)).toEqual([900, 4900, 8900]);
  });

  it('nothing is repeated over TCP, B and F still end it', () => {
    for (const method of ['INVITE', 'OPTIONS']) {
      const kit = startClient(method, 'TCP');
      expect(sendTimes(kit, 31_900)).toEqual([]);
      kit.clock.advance(200);
      expect(kit.events).toEqual(['timeout', 'terminated']);
    }
  });

  it('repeats the very bytes that were sent first', () => {
    const kit = startClient('INVITE');
    kit.clock.advance(600);
    expect(kit.flow.sent).toHaveLength(2);
    expect(kit.flow.sent[1]).toBe(kit.flow.sent[0]);
  });

  it('D is 32 s, M is 32 s, K is 5 s over UDP', () => {
    for (const [method, status, lifeMs] of [
      ['INVITE', 486, 32_000],
      ['INVITE', 200, 32_000],
      ['OPTIONS', 200, 5000],
    ] as const) {
      const kit = startClient(method);
      kit.receive(status);
      kit.clock.advance(lifeMs - 1);
      expect(kit.layer.counts.clientTransactions).toBe(1);
      kit.clock.advance(1);
      expect(kit.layer.counts.clientTransactions).toBe(0);
      expect(kit.clock.pendingTimers).toBe(0);
    }
  });

  it('D and K are nil over TCP, M is not', () => {
    for (const [method, status, left] of [
      ['INVITE', 486, 0],
      ['INVITE', 200, 1],
      ['OPTIONS', 200, 0],
    ] as const) {
      const kit = startClient(method, 'TCP');
      kit.receive(status);
      expect(kit.layer.counts.clientTransactions).toBe(left);
      expect(kit.clock.pendingTimers).toBe(left);
    }
  });

  it('takes T1 from the configuration', () => {
    const { layer, handlers, clock, events } = makeLayer({ timers: { t1: 10 } });
    layer.createClient(makeRequest('INVITE', { noVia: true }), new RecordingFlow(), handlers, { sentBy });
    clock.advance(640);
    expect(events).toEqual(['timeout', 'terminated']);
  });
});

describe('what a client transaction writes', () => {
  it('puts a fresh Via on top, with rport over UDP only', () => {
    const udp = startClient('OPTIONS');
    const via = udp.flow.lastRequest().topVia;
    expect([via.protocol, via.host, via.port, via.wantsRport]).toEqual(['UDP', '192.0.2.1', 5060, true]);
    expect(via.branch).toMatch(/^z9hG4bK[0-9a-f]{20,}$/);
    expect(via.branch).toBe(udp.transaction.branch);
    expect(startClient('OPTIONS', 'TCP').flow.lastRequest().topVia.wantsRport).toBe(false);
  });

  it.each(['INVITE', 'OPTIONS'])('gives the %s as it went out after its final response', (method) => {
    const kit = startClient(method);
    const sent = writeMessage(kit.transaction.request);
    kit.receive(200);
    expect(writeMessage(kit.transaction.request)).toEqual(sent);
    kit.layer.stop();
  });

  it('ACKs a failure with branch, Request-URI, Route and credentials of the INVITE and the To of the response', () => {
    const kit = startClient('INVITE', 'UDP', [
      ['Route', '<sip:edge.example.com;lr>'],
      ['Route', '<sip:core.example.com;lr>, <sip:last.example.com;lr>'],
      ['Proxy-Authorization', 'Digest username="a"'],
    ]);
    kit.receive(486);
    const invite = kit.transaction.request;
    const ack = kit.flow.lastRequest();
    expect(ack.method).toBe('ACK');
    expect(ack.headers.all('Via')).toEqual([invite.topVia.toString()]);
    expect(ack.uri.toString()).toBe(invite.uri.toString());
    expect(ack.headers.list('Route')).toEqual(invite.headers.list('Route'));
    expect(ack.headers.get('Proxy-Authorization')).toBe('Digest username="a"');
    expect(ack.cseq).toEqual({ number: 1, method: 'ACK' });
    expect(ack.to.tag).toBe('bob1');
    expect(ack.from.tag).toBe('alice1');
    expect(ack.body).toHaveLength(0);
  });

  it('leaves the ACK to a 2xx to the dialog, and hands up the 2xx of each fork', () => {
    const kit = startClient('INVITE');
    kit.receive(200);
    kit.layer.receive(answerTo(kit.transaction.request, 200, 'other-fork'), kit.flow);
    kit.receive(200);
    expect(kit.flow.take()).toEqual(['INVITE']);
    expect(kit.events).toEqual(['final 200', 'final 200', 'final 200']);
  });

  it('hands up a 2xx that comes after timer M as a stray', () => {
    const kit = startClient('INVITE');
    kit.receive(200);
    kit.clock.advance(32_000);
    kit.receive(200);
    expect(kit.events).toEqual(['final 200', 'terminated', 'stray 200']);
  });

  it('tells responses apart by CSeq method: a 200 to CANCEL is not one to INVITE', () => {
    const kit = startClient('INVITE');
    kit.receive(180);
    kit.transaction.cancel();
    const cancel = kit.flow.lastRequest();
    kit.layer.receive(answerTo(cancel, 200), kit.flow);
    expect(kit.transaction.state).toBe('proceeding');
    expect(kit.events).toEqual(['provisional 180']);
  });
});

describe('CANCEL', () => {
  function cancelOf(kit: Kit): SipRequest {
    const request = kit.flow.lastRequest();
    expect(request.method).toBe('CANCEL');
    return request;
  }

  it('waits for a provisional, then goes out with the Via of the INVITE and the reason', () => {
    const kit = startClient('INVITE', 'UDP', [['Route', '<sip:edge.example.com;lr>']]);
    kit.transaction.cancel('SIP;cause=200;text="Call completed elsewhere"');
    expect(kit.flow.take()).toEqual(['INVITE']);
    kit.receive(100);
    const cancel = cancelOf(kit);
    expect(cancel.headers.all('Via')).toEqual([kit.transaction.request.topVia.toString()]);
    expect(cancel.cseq).toEqual({ number: 1, method: 'CANCEL' });
    expect(cancel.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(cancel.headers.get('Route')).toBe('<sip:edge.example.com;lr>');
    expect(cancel.to.tag).toBeUndefined();
    expect(kit.flow.take()).toEqual(['CANCEL']);
  });

  it('is sent once, however often it is asked for', () => {
    const kit = startClient('INVITE');
    kit.receive(180);
    kit.flow.take();
    kit.transaction.cancel();
    kit.transaction.cancel();
    kit.receive(180);
    expect(kit.flow.take()).toEqual(['CANCEL']);
  });

  it('is not sent after a final response', () => {
    for (const status of [200, 486]) {
      const kit = startClient('INVITE');
      kit.receive(status);
      kit.flow.take();
      kit.transaction.cancel();
      expect(kit.flow.take()).toEqual([]);
    }
  });

  it('that was waiting is dropped when the first response is final', () => {
    const kit = startClient('INVITE');
    kit.transaction.cancel();
    kit.receive(200);
    expect(kit.flow.take()).toEqual(['INVITE']);
    expect(kit.events).toEqual(['final 200']);
  });

  it('ends in 487 and its ACK', () => {
    const kit = startClient('INVITE');
    kit.receive(180);
    kit.transaction.cancel();
    kit.layer.receive(answerTo(cancelOf(kit), 200), kit.flow);
    kit.receive(487);
    expect(kit.flow.take()).toEqual(['INVITE', 'CANCEL', 'ACK']);
    kit.clock.runUntilIdle();
    expect(kit.events).toEqual(['provisional 180', 'final 487', 'terminated']);
    expect(kit.layer.counts.clientTransactions).toBe(0);
  });

  it('lets a 200 that crosses it through', () => {
    const kit = startClient('INVITE');
    kit.receive(180);
    kit.transaction.cancel();
    kit.receive(200);
    expect(kit.events).toEqual(['provisional 180', 'final 200']);
  });

  it('times out when its 200 comes but never a 487', () => {
    const kit = startClient('INVITE');
    kit.receive(180);
    kit.transaction.cancel();
    kit.layer.receive(answerTo(cancelOf(kit), 200), kit.flow);
    kit.receive(180); // A late one must not keep it alive.
    kit.clock.advance(31_999);
    expect(kit.events).toEqual(['provisional 180', 'provisional 180']);
    kit.clock.advance(1);
    expect(kit.events.slice(2)).toEqual(['timeout', 'terminated']);
    kit.clock.runUntilIdle();
    expect(kit.layer.counts.clientTransactions).toBe(0);
  });

  it('refuses a reason that would break the message, and can be asked again', () => {
    const kit = startClient('INVITE');
    expect(() => kit.transaction.cancel('SIP;cause=200\r\nX-Evil: 1')).toThrow(SipHeaderError);
    kit.transaction.cancel('SIP;cause=200');
    kit.receive(180);
    expect(kit.flow.take()).toEqual(['INVITE', 'CANCEL']);
  });

  it('is not for other methods', () => {
    const kit = startClient('OPTIONS');
    kit.receive(100);
    kit.flow.take();
    kit.transaction.cancel();
    expect(kit.flow.take()).toEqual([]);
  });
});

describe('failing flows and handlers', () => {
  it('reports a flow that was closed before, but only after createClient has returned', () => {
    const { layer, handlers, clock, events } = makeLayer();
    const flow = new RecordingFlow('TCP');
    flow.close();
    layer.createClient(makeRequest('INVITE', { noVia: true }), flow, handlers, { sentBy });
    expect(events).toEqual([]);
    clock.advance(0);
    expect(events).toEqual(['transportError', 'terminated']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends only what hangs on the closed flow', () => {
    const { layer, handlers, events } = makeLayer();
    const flows = [new RecordingFlow('WSS'), new RecordingFlow('WSS', { host: '192.0.2.9', port: 7 })] as const;
    for (const flow of flows) layer.createClient(makeRequest('OPTIONS', { noVia: true }), flow, handlers, { sentBy });
    layer.flowClosed(flows[0], 'gone');
    expect(events).toEqual(['transportError', 'terminated']);
    expect(layer.counts.clientTransactions).toBe(1);
  });

  it('survives handlers that throw', () => {
    const { layer, clock } = makeLayer();
    const flow = new RecordingFlow();
    const boom = () => {
      throw new Error('boom');
    };
    const handlers = {
      onProvisional: boom,
      onFinal: boom,
      onTimeout: boom,
      onTransportError: boom,
      onTerminated: boom,
    };
    const { request } = layer.createClient(makeRequest('INVITE', { noVia: true }), flow, handlers, { sentBy });
    layer.receive(answerTo(request, 180), flow);
    layer.receive(answerTo(request, 486), flow);
    expect(flow.take()).toEqual(['INVITE', 'ACK']);
    clock.runUntilIdle();
    expect(layer.counts.clientTransactions).toBe(0);
  });

  it('stop ends everything without a word', () => {
    const kit = startClient('INVITE');
    kit.flow.take();
    kit.layer.stop();
    expect(kit.flow.take()).toEqual([]);
    expect(kit.events).toEqual([]);
    expect(kit.clock.pendingTimers).toBe(0);
    expect(kit.layer.counts).toEqual({ clientTransactions: 0, serverTransactions: 0 });
  });
});
