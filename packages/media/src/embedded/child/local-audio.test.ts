import { systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { decodePcmu } from '../../audio/g711.js';
import { toneShare } from '../../audio/goertzel.js';
import { parseRtp, type RtpPacket } from '../../rtp/rtp-packet.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import { DigitQueue } from './digit-queue.js';
import { OpusDecoder } from './opus-decoder.js';
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

function makeStream() {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const sent: RtpPacket[] = [];
  const outbound = new OutboundStream({
    ...{ send: (packet: Buffer) => sent.push(parseRtp(packet)), clock, random: systemRandom, pacer },
  });
  outbound.configure(media());
  /** What was sent since the last time: the first sample of each audio packet, rounded to thousands. */
  const said = () => {
    const packets = sent.splice(0).filter(({ payloadType }) => payloadType === 0);
    return packets.map(({ payload }) => Math.round(decodePcmu(payload)[0]! / 1000));
  };
  return { clock, outbound, sent, said, digits: new DigitQueue({ outbound, pacer }) };
}

const level = (thousands: number, length = 160) => new Int16Array(length).fill(thousands * 1000);
/** Says 1, 2, 3, … */
const counting = (from = 1) => {
  let count = from;
  return { next: () => level(count++) };
};
const bridged = (sequenceNumber: number): RtpPacket => ({
  ...{ payloadType: 0, marker: false, sequenceNumber, timestamp: sequenceNumber * 160, ssrc: 5 },
  payload: Buffer.alloc(160),
});

describe('local audio', () => {
  it('is a source before a file before a tone before the bridge, and who waits loses nothing', async () => {
    const { clock, outbound, said } = makeStream();
    outbound.playTone({ frequenciesHz: [1000] });
    clock.advance(40);
    const end = outbound.playFile(
      Int16Array.from({ length: 480 }, (_, i) => (11 + Math.floor(i / 160)) * 1000),
      false,
    );
    await Promise.resolve();
    clock.advance(20);
    const stopFirst = outbound.feed(counting());
    clock.advance(40);
    const stopSecond = outbound.feed(counting(21));
    outbound.forwardAudio(bridged(1), 'PCMU');
    clock.advance(40);
    stopSecond();
    stopSecond();
    clock.advance(20);
    stopFirst();
    clock.advance(60);
    expect(said()).toEqual([0, 0, 11, 1, 2, 21, 22, 3, 12, 13, 0]);
    expect(await end).toEqual({ how: 'played', playedMs: 60 });
    outbound.stopPlaying();
    outbound.forwardAudio(bridged(2), 'PCMU');
    expect([said().length, clock.pendingTimers]).toEqual([1, 1]);
    clock.advance(20);
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends silence when a source has nothing to say, in one stream without a gap', () => {
    const { clock, outbound, sent } = makeStream();
    let asked = 0;
    outbound.feed({ next: () => (++asked % 2 === 0 ? level(5) : undefined) });
    clock.advance(100);
    expect(sent.map(({ payload }) => Math.round(decodePcmu(payload)[0]! / 1000))).toEqual([0, 5, 0, 5, 0]);
    expect(sent.map((packet) => packet.marker)).toEqual([true, false, false, false, false]);
    expect(sent.map((packet) => (packet.timestamp - sent[0]!.timestamp) >>> 0)).toEqual([0, 160, 320, 480, 640]);
  });

  it('does not run ahead while the far end is on hold, nor while it is sent a digit', async () => {
    const { clock, outbound, sent, said, digits } = makeStream();
    outbound.feed(counting());
    clock.advance(40);
    outbound.configure(media({ direction: 'recvonly' }));
    clock.advance(1000);
    expect(said()).toEqual([1, 2]);
    outbound.configure(media());
    clock.advance(40);
    expect(sent[0]!.marker).toBe(true);
    expect(said()).toEqual([3, 4]);
    const done = digits.send('5', 100);
    await clock.advanceAsync(500);
    await done;
    const after = said();
    expect(after[0]).toBe(5);
    expect(after).toEqual(after.map((_, i) => 5 + i));
  });

  it('keeps time with the clock over a hold', () => {
    const { clock, outbound, sent } = makeStream();
    outbound.feed(counting());
    clock.advance(20);
    outbound.configure(media({ direction: 'inactive' }));
    clock.advance(1000);
    outbound.configure(media());
    clock.advance(20);
    expect((sent[1]!.timestamp - sent[0]!.timestamp) >>> 0).toBe(1020 * 8);
    expect((sent[1]!.sequenceNumber - sent[0]!.sequenceNumber) & 0xffff).toBe(1);
  });

  it('loops a file over its seam, and fills the last frame of another with silence', async () => {
    const { clock, outbound, said } = makeStream();
    const looped = outbound.playFile(
      Int16Array.from({ length: 200 }, (_, i) => (i < 40 ? 7000 : 9000)),
      true,
    );
    await Promise.resolve();
    clock.advance(100);
    expect(said()).toEqual([7, 9, 9, 9, 9]); // Starts of frames at 0, 160, 120, 80, 40 of its 200 samples.
    outbound.stopPlaying();
    expect(await looped).toEqual({ how: 'stopped', playedMs: 100 });
    const short = outbound.playFile(level(3, 40), false);
    await Promise.resolve();
    clock.advance(40);
    expect([said(), await short]).toEqual([[3], { how: 'played', playedMs: 5 }]);
  });

  it('is heard on a leg with Opus as frames of 20 ms by its clock', () => {
    const { clock, outbound, sent } = makeStream();
    outbound.configure(media({ codec: 'opus', sendPayloadType: 111 }));
    const decoder = new OpusDecoder();
    outbound.playTone({ frequenciesHz: [1400] });
    clock.advance(200);
    expect(sent.map((packet) => (packet.timestamp - sent[0]!.timestamp) >>> 0)).toEqual(sent.map((_, i) => i * 960));
    expect(sent.map(({ payloadType }) => payloadType)).toEqual(Array(10).fill(111));
    const heard = sent.flatMap(({ payload }) => [...(decoder.decode(payload) ?? [])]);
    expect(toneShare(Int16Array.from(heard.slice(800)), 1400)).toBeGreaterThan(0.9);
    outbound.stopPlaying();
    outbound.close();
    decoder.close();
  });

  it('is heard by who listens to what is sent, as is the bridge; events are not', async () => {
    const { clock, outbound, digits } = makeStream();
    const heard: number[] = [];
    outbound.tap.listen(({ samples, position }) => heard.push(position, Math.round(samples[0]! / 1000)));
    outbound.forwardAudio({ ...bridged(1), payload: Buffer.alloc(160, 0xff) }, 'PCMU');
    clock.advance(20);
    outbound.feed(counting());
    clock.advance(20);
    outbound.configure(media({ direction: 'inactive' }));
    clock.advance(20);
    outbound.configure(media());
    digits.send('1', 100).catch(() => {});
    await clock.advanceAsync(400);
    expect(heard.slice(0, 4)).toEqual([0, 0, 320, 1]);
    const after = heard.slice(4);
    expect(after.filter((_, i) => i % 2 === 1)).toEqual(after.filter((_, i) => i % 2 === 1).map((_, i) => i + 2));
    expect(after[0]! % 160).toBe(0);
  });
});
