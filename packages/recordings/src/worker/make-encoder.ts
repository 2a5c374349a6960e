import { Mp3Encoder } from './mp3-encoder.js';
import type { EncoderMaker } from './sample-encoder.js';
import { WavEncoder } from './wav-encoder.js';

/** kbit/s for each channel: 16 carries a telephone's band well, 32 is as much as 8 kHz can use. */
const kbps = { mp3: 16, 'mp3-hq': 32 } as const;

export const makeEncoder: EncoderMaker = async (format, channels) =>
  format === 'wav' ? new WavEncoder(channels) : Mp3Encoder.create(channels, kbps[format]);
