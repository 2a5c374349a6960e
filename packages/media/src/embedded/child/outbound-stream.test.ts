import { systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { parseRtp, type RtpPacket } from '../../rtp/rtp-packet.js';
import { parseTelephoneEvent } from '../../rtp/telephone-event.js';
import { TelephoneEventSender } from '../../rtp/telephone-event-sender.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import { DigitQueue } from './digit-queue.js';
import { OutboundStream } from './outbound-stream.js';
import { Pacer } from './pacer.js';

const media = (change: Partial<NegotiatedMedia> = {}): NegotiatedMedia => ({
  codec: 'PCMU',
  sendPayloadType: 0,
  receive: [{ payloadType: 0, codec: 'PCMU' }],
  telephoneEvent: { sendPayloadType: 101, receivePayloadTypes: [101], clockRateHz: 8000 },
  direction: 'sendrecv',
  ...change,
});

function makeStream(negotiated = media()) {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const sent: (RtpPacket & { atMs: number })[] = [];
  const start = clock.now();
  const outbound = new OutboundStream({
    send: (packet) => sent.push({ ...parseRtp(packet), atMs: clock.now() - start }),
    clock,
    random: systemRandom,
    pacer,
  });
  outbound.configure(negotiated);
  return { clock, pacer, outbound, sent, digits: new DigitQueue({ outbound, pacer }) };
}

const audio = (sequenceNumber: number, change: Partial<RtpPacket> = {}): RtpPacket => ({
  payloadType: 0,
  marker: false,
  sequenceNumber,
  timestamp: sequenceNumber * 160,
  ssrc: 5,
  payload: Buffer.alloc(160),
  ...change,
});

describe('OutboundStream', () => {
  it('maps a telephone event of a 48 kHz leg to the clock of this one', () => {
    const { clock, outbound, sent } = makeStream();
    outbound.forwardAudio(audio(1), 'PCMU');
    clock.advance(100);
    const sender = new TelephoneEventSender({ digit: '7', durationMs: 60, clockRateHz: 48_000 });
    let sequenceNumber = 2;
    for (let packet = sender.next(); packet; packet = sender.next()) {
      outbound.forwardEvent(audio(sequenceNumber++, { ...packet, timestamp: 999_999 }), 48_000);
      clock.advance(20);
    }
    outbound.forwardAudio(audio(sequenceNumber), 'PCMU');
    const events = sent.filter((packet) => packet.payloadType === 101);
    expect(events.map((packet) => parseTelephoneEvent(packet.payload).durationTicks)).toEqual([
      160, 320, 480, 480, 480,
    ]);
    expect(events.map((packet) => packet.timestamp - sent[0]!.timestamp)).toEqual([800, 800, 800, 800, 800]);
    expect(sent.map((packet) => (packet.sequenceNumber - sent[0]!.sequenceNumber) & 0xffff)).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
    expect(sent.at(-1)!.timestamp - sent[0]!.timestamp).toBe(1600);
  });

  it('does not pass Opus on to a G.711 leg, nor events to a leg without them', () => {
    const { outbound, sent } = makeStream(media({ telephoneEvent: undefined }));
    outbound.forwardAudio(audio(1), 'opus');
    outbound.forwardEvent(audio(2, { payload: Buffer.from('050a00a0', 'hex') }), 8000);
    expect(sent).toEqual([]);
  });

  it.each(['recvonly', 'inactive'] as const)('sends nothing while %s, tones and digits included', (direction) => {
    const { clock, outbound, sent, digits } = makeStream(media({ direction }));
    outbound.forwardAudio(audio(1), 'PCMU');
    outbound.playTone({ frequenciesHz: [400] });
    digits.send('1', 100).catch(() => {});
    clock.advance(1000);
    expect(sent).toEqual([]);
  });

  it('paces a tone by 20 ms, and leaves no timer behind', () => {
    const { clock, outbound, sent } = makeStream();
    outbound.playTone({ frequenciesHz: [400] });
    clock.advance(200);
    expect(sent.map((packet) => packet.atMs)).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
    expect(sent.at(-1)!.timestamp - sent[0]!.timestamp).toBe(9 * 160);
    outbound.stopPlaying();
    clock.advance(200);
    expect([sent.length, clock.pendingTimers]).toEqual([10, 0]);
  });

  it('waits 500 ms for a comma and 100 ms between digits, and sends requests one after the other', async () => {
    const { clock, sent, digits } = makeStream();
    const done: string[] = [];
    void digits.send('1,2', 100).then(() => done.push('first'));
    void digits.send('3', 100).then(() => done.push('second'));
    await clock.advanceAsync(3000);
    const starts = sent.filter((packet) => packet.marker);
    expect(starts.map((packet) => parseTelephoneEvent(packet.payload).digit)).toEqual(['1', '2', '3']);
    const [one, two, three] = starts.map((packet) => packet.atMs) as [number, number, number];
    expect(two - one).toBeGreaterThanOrEqual(100 + 40 + 500);
    expect(three - two).toBeGreaterThanOrEqual(100 + 40 + 100);
    expect(done).toEqual(['first', 'second']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('bounds the digits that wait', () => {
    const { digits } = makeStream();
    for (let i = 0; i < 16; i++) digits.send('1', 100).catch(() => {});
    expect(() => digits.send('1', 100)).toThrow('too many digits');
  });
});
