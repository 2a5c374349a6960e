import { createRequire } from 'node:module';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../attachments/attachment.js';
import { encodePcma, encodePcmu } from '../../audio/g711.js';
import { ToneDetector } from '../../audio/goertzel.js';
import { ToneGenerator } from '../../audio/tone-generator.js';
import { AudioTap } from './audio-tap.js';
import { OpusDecoder } from './opus-decoder.js';

interface OpusEncoder {
  encode(pcm: Buffer, frameSize: number): Buffer;
  delete(): void;
}

/** Packets of a tone as a browser sends them: 48 kHz, 20 ms. */
function opusTone(hz: number, count: number): Buffer[] {
  const OpusScript = createRequire(import.meta.url)('opusscript') as new (
    rate: number,
    channels: number,
  ) => OpusEncoder;
  const encoder = new OpusScript(48_000, 1);
  const packets = Array.from({ length: count }, (_, index) => {
    const pcm = Buffer.alloc(960 * 2);
    for (let i = 0; i < 960; i++) {
      pcm.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * hz * (index * 960 + i)) / 48_000)), i * 2);
    }
    return encoder.encode(pcm, 960);
  });
  encoder.delete();
  return packets;
}

const hears = (frames: readonly AudioFrame[], frequencyHz: number) => {
  const detector = new ToneDetector({ frequencyHz });
  for (const { samples } of frames) detector.push(samples);
  return detector.present;
};

function tapped() {
  const clock = new FakeClock();
  const tap = new AudioTap(clock);
  const frames: AudioFrame[] = [];
  const stop = tap.listen((frame) => frames.push(frame));
  return { clock, tap, frames, stop };
}

describe('AudioTap', () => {
  it.each([
    ['PCMU', encodePcmu],
    ['PCMA', encodePcma],
  ] as const)('decodes %s, and says when and where', (codec, encode) => {
    const { clock, tap, frames } = tapped();
    const tone = new ToneGenerator({ frequenciesHz: [700] });
    for (let i = 0; i < 20; i++) {
      tap.take(codec, { payload: encode(tone.next()), ssrc: 9, timestamp: 1000 + i * 160 });
      clock.advance(20);
    }
    expect([hears(frames, 700), hears(frames, 1000)]).toEqual([true, false]);
    expect(frames[2]).toMatchObject({ position: 320, source: 0, atMs: clock.now() - 360 });
  });

  it('decodes Opus to 8 kHz, leaves out what is none, and takes it up again after nobody listened', () => {
    const { clock, tap, frames, stop } = tapped();
    const packets = opusTone(440, 60);
    const take = (payload: Buffer, index: number) => {
      tap.take('opus', { payload, ssrc: 1, timestamp: index * 960 });
      clock.advance(20);
    };
    packets.slice(0, 30).forEach(take);
    expect([hears(frames, 440), hears(frames, 1000)]).toEqual([true, false]);
    expect(frames[29]).toMatchObject({ position: 29 * 160, source: 0 });
    expect(frames[29]!.samples.length).toBe(160);
    for (const broken of [Buffer.alloc(0), Buffer.alloc(3, 255), Buffer.alloc(4000)]) take(broken, 30);
    expect(frames.length).toBe(30);
    stop();
    expect(tap.isTapped).toBe(false);
    frames.length = 0;
    tap.listen((frame) => frames.push(frame));
    for (const [index, payload] of packets.slice(30).entries()) take(payload, 33 + index);
    expect([hears(frames, 440), frames[0]!.position]).toEqual([true, 33 * 160]);
  });

  it('tells a listener that ends another one meanwhile nothing wrong', () => {
    const { tap, frames } = tapped();
    const stops: (() => void)[] = [];
    const told: string[] = [];
    stops.push(tap.listen(() => stops.forEach((stop) => void stop())));
    stops.push(tap.listen(() => told.push('second')));
    const payload = Buffer.alloc(160, 0xff);
    tap.take('PCMU', { payload, ssrc: 1, timestamp: 0 });
    tap.take('PCMU', { payload, ssrc: 1, timestamp: 160 });
    expect([told, frames.length]).toEqual([['second'], 2]);
  });
});

describe('OpusDecoder', () => {
  it('goes on when the memory of all decoders grows, each with a stream of its own', () => {
    const packets = opusTone(440, 25);
    const decoders = Array.from({ length: 300 }, () => new OpusDecoder());
    const heard = decoders.map((decoder) => {
      const detector = new ToneDetector({ frequencyHz: 440 });
      for (const packet of packets) detector.push(decoder.decode(packet)!);
      return detector.present;
    });
    for (const decoder of decoders) decoder.close();
    expect(heard.filter(Boolean).length).toBe(300);
    expect(decoders[0]!.decode(packets[0]!)).toBeUndefined();
  });
});
