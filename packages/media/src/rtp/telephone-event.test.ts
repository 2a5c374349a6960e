import { describe, expect, it } from 'vitest';
import { RtpParseError } from '../errors.js';
import { parseTelephoneEvent, writeTelephoneEvent } from './telephone-event.js';
import { TelephoneEventReceiver } from './telephone-event-receiver.js';
import { TelephoneEventSender } from './telephone-event-sender.js';

function packetsOf(digit: string, durationMs: number, clockRateHz = 8000) {
  const sender = new TelephoneEventSender({ digit, durationMs, clockRateHz });
  const packets = [];
  for (let next = sender.next(); next; next = sender.next()) packets.push(next);
  return packets;
}

describe('telephone event', () => {
  it('reads a captured payload', () => {
    expect(parseTelephoneEvent(Buffer.from('0b8a0320', 'hex'))).toEqual({
      digit: '#',
      isEnd: true,
      volume: 10,
      durationTicks: 800,
    });
  });

  it.each(['', '01', '010a03', '100a0320', 'ff0a0320'])('refuses the payload "%s"', (hex) => {
    expect(() => parseTelephoneEvent(Buffer.from(hex, 'hex'))).toThrow(RtpParseError);
  });

  it('refuses to write what is no digit', () => {
    expect(() => writeTelephoneEvent({ digit: 'x', isEnd: false, volume: 0, durationTicks: 0 })).toThrow(RtpParseError);
  });
});

describe('TelephoneEventSender', () => {
  it('grows the duration by 20 ms, marks the first packet, and ends three times', () => {
    const packets = packetsOf('5', 100);
    const events = packets.map((packet) => parseTelephoneEvent(packet.payload));
    expect(events.map((event) => event.durationTicks)).toEqual([160, 320, 480, 640, 800, 800, 800]);
    expect(events.map((event) => event.isEnd)).toEqual([false, false, false, false, true, true, true]);
    expect(packets.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
  });

  it('counts on a clock of 48 kHz, and stays within the field', () => {
    const events = packetsOf('*', 5000, 48_000).map((packet) => parseTelephoneEvent(packet.payload));
    expect(events[0]?.durationTicks).toBe(960);
    expect(Math.max(...events.map((event) => event.durationTicks))).toBe(65_280);
  });
});

describe('TelephoneEventReceiver', () => {
  const feed = (receiver: TelephoneEventReceiver, packets: { payload: Buffer }[], timestamp: number, startMs = 0) =>
    packets.flatMap(({ payload }, i) => receiver.handle({ payload, timestamp, clockRateHz: 8000 }, startMs + i * 20));

  it('tells a digit once, at its end', () => {
    const receiver = new TelephoneEventReceiver();
    const packets = packetsOf('5', 100);
    expect(feed(receiver, packets.slice(0, 4), 1)).toEqual([]);
    expect(feed(receiver, packets.slice(4), 1)).toEqual([{ digit: '5', durationMs: 100 }]);
    expect(receiver.poll(10_000)).toBeUndefined();
  });

  it('tells the same digit twice when it was pressed twice', () => {
    const receiver = new TelephoneEventReceiver();
    const told = [...feed(receiver, packetsOf('5', 100), 1), ...feed(receiver, packetsOf('5', 60), 2)];
    expect(told).toEqual([
      { digit: '5', durationMs: 100 },
      { digit: '5', durationMs: 60 },
    ]);
  });

  it('needs only one packet of the three that end it', () => {
    const receiver = new TelephoneEventReceiver();
    expect(feed(receiver, packetsOf('9', 100).slice(-1), 1)).toEqual([{ digit: '9', durationMs: 100 }]);
  });

  it('ends a digit whose end was lost: by time, or by the next digit', () => {
    const receiver = new TelephoneEventReceiver();
    feed(receiver, packetsOf('1', 100).slice(0, 3), 1);
    expect(receiver.poll(100)).toBeUndefined();
    expect(receiver.poll(300)).toEqual({ digit: '1', durationMs: 60 });
    expect(receiver.poll(600)).toBeUndefined();
    feed(receiver, packetsOf('2', 100).slice(0, 3), 2, 1000);
    expect(feed(receiver, packetsOf('3', 40).slice(0, 1), 3, 1100)).toEqual([{ digit: '2', durationMs: 60 }]);
  });

  it('does not take the length of one digit for the next', () => {
    const receiver = new TelephoneEventReceiver();
    feed(receiver, packetsOf('2', 200).slice(0, 8), 2);
    const told = feed(receiver, packetsOf('3', 60), 3, 200);
    expect(told).toEqual([
      { digit: '2', durationMs: 160 },
      { digit: '3', durationMs: 60 },
    ]);
  });
});
