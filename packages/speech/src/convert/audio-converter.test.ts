import { systemClock } from '@intermix/kernel';
import { eventually } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { pitchOf, samplesOf } from '../testing/tone-measure.js';
import { toneFile, wavOf } from '../testing/wav-maker.js';
import { AudioConverter } from './audio-converter.js';

// The thread runs the built product: a change here needs a build.
let converter = new AudioConverter({ clock: systemClock });

afterEach(async () => {
  await converter.stop();
  converter = new AudioConverter({ clock: systemClock });
});

describe('the converter', () => {
  it('gives a WAV file of 8 kHz, mono, 16 bit', async () => {
    const wav = await converter.convert(toneFile({ sampleRateHz: 44_100, channels: 2, hz: 440, seconds: 1 }));
    expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
    expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([
      1, 1, 8_000, 16,
    ]);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect(Math.abs(pitchOf(samplesOf(wav)) / 440 - 1)).toBeLessThan(0.005);
  });

  it('leaves the audio that it was given as it was', async () => {
    const file = toneFile();
    const before = Buffer.from(file);
    await converter.convert(file);
    expect(file.equals(before)).toBe(true);
  });

  it('refuses with what is wrong, and goes on with the next', async () => {
    const outcomes = await Promise.allSettled([
      converter.convert(Buffer.from('<html>')),
      converter.convert(toneFile()),
      converter.convert(wavOf({ coding: 'ulaw' }, Buffer.alloc(9_000)), { maxMs: 1_000 }),
      converter.convert(toneFile({ channels: 2 })),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'ERR_SPEECH', problem: 'not-audio', field: 'audio' } },
      { status: 'fulfilled' },
      { status: 'rejected', reason: { problem: 'too-long' } },
      { status: 'fulfilled' },
    ]);
  });

  it('lets this thread go on while it works', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await converter.convert(wavOf({ sampleRateHz: 48_000 }, Buffer.alloc(9_000_000)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it('gives up what is under way when it stops, and takes nothing more', async () => {
    const given = converter.convert(wavOf({ sampleRateHz: 48_000 }, Buffer.alloc(9_000_000))).catch((error) => error);
    await converter.stop();
    await eventually(async () => expect(await given).toMatchObject({ code: 'ERR_SPEECH' }));
    await expect(converter.convert(toneFile())).rejects.toMatchObject({ problem: 'busy' });
  });
});
