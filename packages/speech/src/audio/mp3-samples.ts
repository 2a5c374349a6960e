import { type MPEGDecodedAudio, MPEGDecoder } from 'mpg123-decoder';
import { SpeechError } from '../speech-error.js';
import { int16Of } from './wav-samples.js';

/** Octets that are decoded at once: of the leanest bit rates this is a minute. */
const bytesAtOnce = 64 * 1024;

/** A stretch of an MP3 file: 16 bit mono; of two channels, their mean. */
export interface Mp3Stretch {
  samples: Int16Array;
  sampleRateHz: number;
}

/**
 * Decodes an MP3 file bit by bit, so that one that plays for hours never lies in memory whole. What an encoder put in front
 * and behind is left out where the file says how much. Throws SpeechError: `not-audio`, `unsupported-format`.
 */
export async function* readMp3(bytes: Buffer): AsyncGenerator<Mp3Stretch> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  let rate = 0;
  try {
    for (let offset = 0; offset < bytes.length; offset += bytesAtOnce) {
      const part = decoder.decode(bytes.subarray(offset, offset + bytesAtOnce));
      if (part.samplesDecoded === 0) continue;
      if (rate !== 0 && part.sampleRate !== rate)
        throw new SpeechError('unsupported-format', 'The MP3 file changes its sample rate: give one that keeps it.');
      rate = part.sampleRate;
      yield { samples: monoOf(part), sampleRateHz: rate };
    }
  } finally {
    decoder.free();
  }
  if (rate === 0) throw new SpeechError('not-audio', 'The MP3 file holds no audio that can be decoded.');
}

/** A mono file comes with the same samples on both channels. */
function monoOf({ channelData: [left, right], samplesDecoded }: MPEGDecodedAudio): Int16Array {
  const mono = new Int16Array(samplesDecoded);
  for (let index = 0; index < samplesDecoded; index++)
    mono[index] = int16Of(((left?.[index] ?? 0) + (right?.[index] ?? 0)) / 2);
  return mono;
}
