import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { maxPromptMs } from '../limits.js';
import { SpeechError } from '../speech-error.js';
import { levelOf, pitchOf } from '../testing/tone-measure.js';
import { type ToneFile, toneFile, wavOf } from '../testing/wav-maker.js';
import { convertAudio } from './convert-audio.js';

const limits = { maxMs: maxPromptMs };
const testdata = (name: string) => readFileSync(new URL(`../../testdata/${name}`, import.meta.url));

/** The problem and the sentence that a file is refused with. */
async function refusalOf(bytes: Buffer): Promise<SpeechError> {
  const refused = await convertAudio(bytes, limits).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SpeechError);
  return refused as SpeechError;
}

describe('audio that is read', () => {
  const files: ToneFile[] = [
    { coding: 'pcm16', sampleRateHz: 8_000 },
    { coding: 'pcm8', sampleRateHz: 8_000 },
    { coding: 'pcm16', sampleRateHz: 16_000 },
    { coding: 'pcm16', sampleRateHz: 44_100, channels: 2 },
    { coding: 'pcm24', sampleRateHz: 48_000, channels: 2, isExtensible: true },
    { coding: 'pcm32', sampleRateHz: 22_050 },
    { coding: 'float32', sampleRateHz: 24_000 },
    { coding: 'float64', sampleRateHz: 96_000, channels: 2 },
    { coding: 'alaw', sampleRateHz: 8_000 },
    { coding: 'ulaw', sampleRateHz: 8_000, channels: 2 },
    { coding: 'pcm16', sampleRateHz: 11_025 },
    { coding: 'pcm16', sampleRateHz: 192_000 },
    { coding: 'pcm16', sampleRateHz: 4_000 },
    { coding: 'pcm16', sampleRateHz: 44_099 },
  ];

  it.each(files)('$coding $sampleRateHz Hz: pitch, length and level stay', async (file) => {
    const samples = await convertAudio(toneFile({ ...file, hz: 440, seconds: 1.3 }), limits);
    expect(Math.abs(samples.length - 1.3 * 8_000)).toBeLessThanOrEqual(1);
    expect(Math.abs(pitchOf(samples) / 440 - 1)).toBeLessThan(0.005);
    expect(levelOf(samples) / (0.25 / Math.SQRT2)).toBeCloseTo(1, file.coding === 'pcm8' ? 1 : 1.5);
  });

  it('keeps 8 kHz samples as they are', async () => {
    const data = Buffer.alloc(2_000);
    for (let index = 0; index < 1_000; index++) data.writeInt16LE(((index * 7_919) % 65_536) - 32_768, index * 2);
    const samples = await convertAudio(wavOf({}, data), limits);
    expect(Array.from(samples)).toEqual(Array.from({ length: 1_000 }, (_, index) => data.readInt16LE(index * 2)));
  });

  it.each([11_025, 16_000, 44_100, 48_000, 4_000])('%d Hz: what is heard first stays where it was', async (rate) => {
    const data = Buffer.alloc(rate * 2);
    const at = Math.round(rate / 2);
    for (let index = 0; index < rate / 100; index++) data.writeInt16LE(8_000, (at + index) * 2);
    const samples = await convertAudio(wavOf({ sampleRateHz: rate }, data), limits);
    const heard = samples.findIndex((sample) => sample > 4_000);
    expect(Math.abs(heard - 4_000)).toBeLessThanOrEqual(2);
  });

  it('has neither gaps nor clicks where it was cut for conversion', async () => {
    const samples = await convertAudio(toneFile({ sampleRateHz: 44_100, hz: 400, seconds: 4 }), limits);
    const inner = samples.subarray(400, -400);
    const steps = inner.map((sample, index) => (index === 0 ? 0 : Math.abs(sample - (inner[index - 1] ?? 0))));
    const steepest = 0.25 * 32_768 * 2 * Math.PI * (400 / 8_000);
    expect(Math.max(...steps)).toBeLessThan(steepest * 1.02);
  });

  it('lets nothing of what telephones cannot carry fold back', async () => {
    const samples = await convertAudio(toneFile({ sampleRateHz: 48_000, hz: 5_200, seconds: 1 }), limits);
    expect(levelOf(samples.subarray(400, -400))).toBeLessThan(0.0005);
  });

  it.each([
    ['tone-1000hz-44100-mono.mp3', 1_000],
    ['tone-440hz-22050-stereo.mp3', 440],
  ])('%s', async (name, hz) => {
    const samples = await convertAudio(testdata(name), limits);
    expect(Math.abs(samples.length - 8_000)).toBeLessThan(700);
    const inner = samples.subarray(1_500, -1_500);
    expect(Math.abs(pitchOf(inner) / hz - 1)).toBeLessThan(0.005);
    expect(levelOf(inner) / (0.25 / Math.SQRT2)).toBeCloseTo(0.95, 1); // The encoder that made them takes 5 % off.
  });

  it('reads an MP3 behind a tag, and one whose last frame is cut off', async () => {
    const mp3 = testdata('tone-1000hz-44100-mono.mp3');
    const picture = Buffer.alloc(3_000, 0x41);
    const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 3_000 >> 7, 3_000 & 0x7f]), picture]);
    const tagged = await convertAudio(Buffer.concat([tag, mp3]), limits);
    expect(Math.abs(pitchOf(tagged.subarray(1_500, -1_500)) / 1_000 - 1)).toBeLessThan(0.005);
    const cut = await convertAudio(mp3.subarray(0, -100), limits);
    expect(cut.length).toBeGreaterThan(7_000);
  });

  it('reads a file that was written to a pipe, whose sizes say nothing', async () => {
    for (const size of [0xffff_ffff, 0x7fff_f000, 0]) {
      const wav = toneFile({ seconds: 0.5 });
      wav.writeUInt32LE(0xffff_ffff, 4);
      wav.writeUInt32LE(size, wav.indexOf('data') + 4);
      expect(await convertAudio(wav, limits)).toHaveLength(4_000);
    }
  });
});

describe('audio that is refused', () => {
  const wav = toneFile();
  const changed = (offset: number, value: number, bytes = 2) => {
    const copy = Buffer.from(wav);
    copy.writeUIntLE(value, offset, bytes);
    return copy;
  };

  it.each<[string, Buffer, string, RegExp]>([
    ['nothing', Buffer.alloc(0), 'not-audio', /empty/],
    ['a web page', Buffer.from('\ufeff\n<!DOCTYPE html><html>'), 'not-audio', /web page/],
    ['XML', Buffer.from('<?xml version="1.0"?><Error/>'), 'not-audio', /XML/],
    ['JSON', Buffer.from('{"error":"gone"}'), 'not-audio', /JSON/],
    ['text', Buffer.from('Not found, sorry. '.repeat(400)), 'not-audio', /not audio/],
    ['zeros', Buffer.alloc(100_000), 'not-audio', /not audio/],
    [
      'noise',
      Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7_919) >> 3)),
      'not-audio',
      /not audio/,
    ],
    ['Ogg', Buffer.from('OggS and more'), 'unsupported-format', /Ogg/],
    ['M4A', Buffer.from('\0\0\0 ftypM4A '), 'unsupported-format', /M4A/],
    ['FLAC', Buffer.from('fLaC and more'), 'unsupported-format', /FLAC/],
    ['a picture in RIFF', Buffer.from('RIFF\0\0\0\0WEBPVP8 '), 'not-audio', /not a WAV/],
    ['a cut RIFF', wav.subarray(0, 9), 'damaged', /header/],
    ['a cut description', wav.subarray(0, 30), 'damaged', /cut off/],
    ['no samples', wav.subarray(0, wav.indexOf('data') + 8), 'damaged', /octets of samples and holds 0/],
    ['an end before the samples', wav.subarray(0, wav.indexOf('data')), 'damaged', /before its samples/],
    ['half of its samples', wav.subarray(0, 8_000), 'damaged', /says 16000 octets/],
    ['an empty chunk of samples', wavOf({}, Buffer.alloc(0)), 'not-audio', /no samples/],
    ['a huge size claimed', changed(wav.indexOf('data') + 4, 0x4000_0000, 4), 'damaged', /1073741824/],
    ['a huge description', changed(16, 0xffff_fff0, 4), 'damaged', /cut off/],
    ['six channels', toneFile({ channels: 6, seconds: 0.1 }), 'unsupported-format', /6 channels/],
    ['no channel', changed(22, 0), 'unsupported-format', /0 channels/],
    ['ADPCM', changed(20, 2), 'unsupported-format', /ADPCM/],
    ['12 bits', changed(34, 12), 'unsupported-format', /12 bits/],
    ['a rate of 0', changed(24, 0, 4), 'unsupported-format', /0 Hz/],
    ['a rate of 4 GHz', changed(24, 0xffff_ffff, 4), 'unsupported-format', /4294967295 Hz/],
    ['a block that contradicts', changed(32, 7), 'damaged', /contradicts/],
    [
      'samples before their description',
      Buffer.concat([wav.subarray(0, 12), wav.subarray(wav.indexOf('data'))]),
      'damaged',
      /before their description/,
    ],
  ])('%s', async (_, bytes, problem, sentence) => {
    expect(await refusalOf(bytes)).toMatchObject({ problem, message: expect.stringMatching(sentence) });
  });

  it('what plays for more than ten minutes', async () => {
    const refusal = await refusalOf(wavOf({ coding: 'ulaw' }, Buffer.alloc(8_000 * 601)));
    expect(refusal).toMatchObject({ problem: 'too-long', message: expect.stringMatching(/10 minutes/) });
    const mp3 = testdata('tone-440hz-22050-stereo.mp3');
    const long = convertAudio(Buffer.concat(Array(20).fill(mp3)), { maxMs: 5_000 });
    await expect(long).rejects.toMatchObject({ problem: 'too-long' });
  });

  it('damaged at any place, a file is refused or read, and nothing else', async () => {
    for (const file of [toneFile({ seconds: 0.05 }), testdata('tone-440hz-22050-stereo.mp3').subarray(0, 1_500)])
      for (let offset = 0; offset < Math.min(file.length, 80); offset++)
        for (const value of [0, 0xff]) {
          const broken = Buffer.from(file);
          broken[offset] = value;
          const outcome = await convertAudio(broken, limits).catch((error: unknown) => error);
          expect(outcome instanceof Int16Array || outcome instanceof SpeechError).toBe(true);
        }
  });
});
