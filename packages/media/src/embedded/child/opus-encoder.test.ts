import { expect, it } from 'vitest';
import { toneShare } from '../../audio/goertzel.js';
import { ToneGenerator } from '../../audio/tone-generator.js';
import { OpusDecoder } from './opus-decoder.js';
import { OpusEncoder } from './opus-encoder.js';

const joined = (frames: Int16Array[]) => Int16Array.from(frames.flatMap((frame) => [...frame]));

it('writes frames of 20 ms that a decoder hears as what was said, of several streams at once', () => {
  const streams = [700, 1400].map((hz) => {
    const generator = new ToneGenerator({ frequenciesHz: [hz] });
    return { hz, generator, encoder: new OpusEncoder(), decoder: new OpusDecoder(), heard: [] as Int16Array[] };
  });
  for (let frame = 0; frame < 25; frame++)
    for (const { generator, encoder, decoder, heard } of streams)
      heard.push(decoder.decode(encoder.encode(generator.next()) ?? Buffer.alloc(0)) ?? new Int16Array());
  for (const { hz, heard, encoder, decoder } of streams) {
    expect(heard.map(({ length }) => length)).toEqual(Array(25).fill(160));
    expect(toneShare(joined(heard.slice(10)), hz)).toBeGreaterThan(0.95);
    encoder.close();
    decoder.close();
  }
});

it('writes nothing once it is closed', () => {
  const encoder = new OpusEncoder();
  encoder.close();
  encoder.close();
  expect(encoder.encode(new Int16Array(160))).toBeUndefined();
});
