import { toneWav } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { MediaError } from '../errors.js';
import { readWav } from './wav.js';

const good = (seconds = 0.01) => toneWav(1000, seconds, { sampleRateHz: 8000 });

/** The header with one field changed. */
function changed(offset: number, value: number): Buffer {
  const wav = good();
  wav.writeUInt16LE(value, offset);
  return wav;
}

describe('readWav', () => {
  it('gives the samples', () => {
    const wav = good();
    const samples = readWav(wav, 'a.wav');
    expect(samples.length).toBe(80);
    expect([samples[0], samples[1], samples[6]]).toEqual([0, wav.readInt16LE(46), wav.readInt16LE(56)]);
    expect(samples[6]).toBeLessThan(-5000);
  });

  it('finds the samples behind chunks that it does not know, with odd lengths too', () => {
    const wav = good();
    const list = Buffer.concat([Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')]);
    const withList = Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)]);
    expect(readWav(withList, 'a.wav')).toEqual(readWav(wav, 'a.wav'));
  });

  it('reads the extensible form, and what there is of a file that was cut short or written as a stream', () => {
    const wav = good();
    const format = Buffer.alloc(48);
    wav.copy(format, 0, 12, 36);
    format.writeUInt32LE(40, 4);
    format.writeUInt16LE(0xfffe, 8);
    format.writeUInt16LE(1, 32);
    const extensible = Buffer.concat([wav.subarray(0, 12), format, wav.subarray(36)]);
    expect(readWav(extensible, 'a.wav')).toEqual(readWav(wav, 'a.wav'));
    const stream = Buffer.from(wav);
    stream.writeUInt32LE(0xffff_ffff, 40);
    expect(readWav(stream, 'a.wav')).toEqual(readWav(wav, 'a.wav'));
    expect(readWav(wav.subarray(0, 44 + 21), 'a.wav').length).toBe(10);
  });

  it.each([
    ['MP3', Buffer.from('ID3'.padEnd(100, '\0')), 'is not a WAV file'],
    ['an empty file', Buffer.alloc(0), 'is not a WAV file'],
    ['a header alone', good().subarray(0, 12), 'has no audio in it'],
    ['no samples', good().subarray(0, 44), 'has no audio in it'],
    ['a format that is cut short', good().subarray(0, 24), 'has no audio in it'],
    ['16 kHz', toneWav(1000, 0.01, { sampleRateHz: 16_000 }), 'is 16000 Hz, mono, 16 bit PCM'],
    ['stereo', changed(22, 2), 'is 8000 Hz, 2 channels, 16 bit PCM'],
    ['8 bit', changed(34, 8), 'is 8000 Hz, mono, 8 bit PCM'],
    ['µ-law', changed(20, 7), 'is 8000 Hz, mono, encoding 7'],
  ])('refuses %s, and says what it is and how to cure it', (_name, data, words) => {
    expect(() => readWav(data, 'greeting.wav')).toThrow(MediaError);
    expect(() => readWav(data, 'greeting.wav')).toThrow(`greeting.wav ${words}; it has to be a WAV file of 8000 Hz`);
    expect(() => readWav(data, 'greeting.wav')).toThrow('ffmpeg -i greeting.wav');
  });
});
