import { describe, expect, it } from 'vitest';
import { ReceiveStatistics } from './receive-statistics.js';

function feed(statistics: ReceiveStatistics, sequenceNumbers: number[], ssrc = 1): void {
  for (const sequenceNumber of sequenceNumbers) {
    const packet = { ssrc, sequenceNumber, timestamp: sequenceNumber * 160, payloadLength: 160 };
    statistics.received(packet, sequenceNumber * 20, 8000);
  }
}

describe('ReceiveStatistics', () => {
  it('counts loss over the wrap of the sequence number', () => {
    const statistics = new ReceiveStatistics();
    feed(statistics, [65_533, 65_534, 1, 2]);
    expect(statistics.packetsLost).toBe(2);
    expect(statistics.highestSequence).toBe(65_536 + 2);
    expect([statistics.packetsReceived, statistics.octetsReceived]).toEqual([4, 640]);
  });

  it('takes late packets as received, and duplicates do not make loss negative', () => {
    const statistics = new ReceiveStatistics();
    feed(statistics, [10, 12, 11, 11, 11]);
    expect(statistics.packetsLost).toBe(0);
  });

  it('goes on with its totals when the SSRC changes', () => {
    const statistics = new ReceiveStatistics();
    feed(statistics, [1, 3]);
    feed(statistics, [50_000, 50_001], 2);
    expect([statistics.packetsLost, statistics.packetsReceived, statistics.ssrc]).toEqual([1, 4, 2]);
  });

  it('takes a far jump for a restart after two packets in a row', () => {
    const statistics = new ReceiveStatistics();
    feed(statistics, [100, 101, 30_000]);
    expect(statistics.highestSequence).toBe(101);
    feed(statistics, [30_001, 30_002]);
    expect(statistics.highestSequence).toBe(30_002);
    expect(statistics.packetsLost).toBe(0);
  });

  it('measures jitter as RFC 3550 A.8 does', () => {
    const statistics = new ReceiveStatistics();
    const packet = (i: number) => ({ ssrc: 1, sequenceNumber: i, timestamp: i * 160, payloadLength: 160 });
    statistics.received(packet(0), 1_700_000_000_000, 8000);
    statistics.received(packet(1), 1_700_000_000_030, 8000); // 10 ms late: 80 ticks, a sixteenth of it counts.
    expect(statistics.jitterTicks).toBe(5);
    expect(statistics.jitterMs).toBeCloseTo(0.625);
    for (let i = 2; i < 200; i++) statistics.received(packet(i), 1_700_000_000_010 + i * 20, 8000);
    expect(statistics.jitterMs).toBeLessThan(0.01);
  });

  it('takes no jitter from packets whose timestamp stands still', () => {
    const statistics = new ReceiveStatistics();
    for (let i = 0; i < 20; i++) {
      const packet = { ssrc: 1, sequenceNumber: i, timestamp: 0, payloadLength: 4, isTimed: false };
      statistics.received(packet, i * 20, 8000);
    }
    expect(statistics.jitterMs).toBe(0);
  });
});
