import { endianness } from 'node:os';
import { MediaError } from '../errors.js';

// WAV (RIFF): 'RIFF' size 'WAVE', then chunks: id (4) | size (4) | data | a pad octet when the size is odd.
//   'fmt ': format (2) | channels (2) | rate (4) | octets/s (4) | block (2) | bits (2) | …      'data': samples

const isBigEndian = endianness() === 'BE';
const pcm = 1;
/** The true format stands behind the fixed fields, as the first two octets of a GUID. */
const extensible = 0xfffe;

/**
 * The samples of a WAV file of 8 kHz, mono, 16 bit PCM. `name` is for messages. Throws MediaError (`bad-argument`) that says
 * what the file is instead, and the cure. A file that was cut short gives what it has.
 */
export function readWav(data: Buffer, name: string): Int16Array {
  if (data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WAVE') {
    throw refused(name, 'is not a WAV file');
  }
  const format = chunkOf(data, 'fmt ');
  const samples = chunkOf(data, 'data');
  if (!format || format.length < 16 || !samples) throw refused(name, 'has no audio in it');
  const encoding = format.readUInt16LE(0);
  const channels = format.readUInt16LE(2);
  const rateHz = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  const isPcm = encoding === pcm || (encoding === extensible && format.length >= 26 && format.readUInt16LE(24) === pcm);
  if (!isPcm || channels !== 1 || rateHz !== 8000 || bits !== 16) {
    const what = isPcm ? `${bits} bit PCM` : `encoding ${encoding}`;
    throw refused(name, `is ${rateHz} Hz, ${channels === 1 ? 'mono' : `${channels} channels`}, ${what}`);
  }
  if (samples.length < 2) throw refused(name, 'has no audio in it');
  return samplesOf(samples);
}

function chunkOf(data: Buffer, id: string): Buffer | undefined {
  let start = 12;
  while (start + 8 <= data.length) {
    const size = data.readUInt32LE(start + 4);
    const end = Math.min(data.length, start + 8 + size); // A file written as a stream says 4 GB, or 0 at its end.
    if (data.toString('latin1', start, start + 4) === id) return data.subarray(start + 8, end);
    start += 8 + size + (size % 2);
  }
  return undefined;
}

function samplesOf(data: Buffer): Int16Array {
  const samples = new Int16Array(data.length >> 1);
  // One copy instead of a read a sample: the longest file has ten million, and a media process has others to serve.
  const octets = Buffer.from(samples.buffer);
  data.copy(octets, 0, 0, octets.length);
  if (isBigEndian) octets.swap16();
  return samples;
}

function refused(name: string, why: string): MediaError {
  const cure = `make it so, for example by: ffmpeg -i ${name} -ar 8000 -ac 1 -c:a pcm_s16le prompt.wav`;
  return new MediaError(
    'bad-argument',
    `${name} ${why}; it has to be a WAV file of 8000 Hz, mono, 16 bit PCM. ${cure}`,
  );
}
