import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { ReceiveStatistics } from './receive-statistics.js';
import { parseRtcp } from './rtcp-packet.js';
import { RtcpReporter } from './rtcp-reporter.js';

function makePair() {
  const clock = new FakeClock();
  const alice = new RtcpReporter({ ssrc: 1, cname: 'alice', clock });
  const bob = new RtcpReporter({ ssrc: 2, cname: 'bob', clock });
  return { clock, alice, bob };
}

function heard(ssrc: number, sequenceNumbers: number[]): ReceiveStatistics {
  const statistics = new ReceiveStatistics();
  for (const sequenceNumber of sequenceNumbers) {
    statistics.received(
      { ssrc, sequenceNumber, timestamp: sequenceNumber * 160, payloadLength: 160 },
      sequenceNumber * 20,
      8000,
    );
  }
  return statistics;
}

const sent = { packetsSent: 10, octetsSent: 1600, rtpTimestamp: 4711 };

describe('RtcpReporter', () => {
  it('measures the round trip from LSR and DLSR', () => {
    const { clock, alice, bob } = makePair();
    const senderReport = alice.buildReport(sent, new ReceiveStatistics());
    clock.advance(40);
    bob.handle(senderReport);
    clock.advance(1000);
    const back = bob.buildReport(sent, heard(1, [1, 2, 3]));
    clock.advance(35);
    alice.handle(back);
    expect(alice.roundTripMs).toBeCloseTo(75, 0);
    expect(alice.remote).toEqual({ packetsLost: 0, jitterTicks: 0 });
  });

  it('reports loss once as a fraction and always as a total', () => {
    const { bob } = makePair();
    const statistics = heard(1, [1, 2, 4, 5]);
    const blockOf = () => {
      const [report] = parseRtcp(bob.buildReport(sent, statistics));
      return report?.type === 'sr' ? report.blocks[0] : undefined;
    };
    expect(blockOf()).toMatchObject({ ssrc: 1, packetsLost: 1, fractionLost: Math.floor(256 / 5), highestSequence: 5 });
    expect(blockOf()).toMatchObject({ packetsLost: 1, fractionLost: 0 });
  });

  it('sends a receiver report while nothing has been sent, and ends with BYE', () => {
    const { alice } = makePair();
    const nothing = { packetsSent: 0, octetsSent: 0, rtpTimestamp: 0 };
    expect(parseRtcp(alice.buildReport(nothing, new ReceiveStatistics())).map((p) => p.type)).toEqual(['rr', 'sdes']);
    expect(parseRtcp(alice.buildBye()).map((p) => p.type)).toEqual(['rr', 'sdes', 'bye']);
  });

  it('ignores blocks about others', () => {
    const { alice, bob } = makePair();
    alice.handle(bob.buildReport(sent, heard(77, [1])));
    expect([alice.remote, alice.roundTripMs]).toEqual([undefined, undefined]);
  });
});
