import { audioKind } from '../audio/audio-kind.js';
import { readMp3 } from '../audio/mp3-samples.js';
import { Resampler } from '../audio/resampler.js';
import { playedRateHz } from '../audio/wav-file.js';
import { readWavHeader } from '../audio/wav-header.js';
import { readWavSamples } from '../audio/wav-samples.js';
import { SpeechError } from '../speech-error.js';

export interface ConvertLimits {
  /** Milliseconds that the audio may play. */
  maxMs: number;
}

/** Frames of a WAV file that are converted at once. */
const framesAtOnce = 65_536;

/**
 * An audio file, WAV or MP3, as 8 kHz mono 16 bit samples at the level that it has. Long work: not for the thread that
 * signals. Throws SpeechError, and nothing else for a bad file.
 */
export async function convertAudio(bytes: Buffer, limits: ConvertLimits): Promise<Int16Array> {
  return audioKind(bytes) === 'wav' ? convertWav(bytes, limits) : convertMp3(bytes, limits);
}

async function convertWav(bytes: Buffer, { maxMs }: ConvertLimits): Promise<Int16Array> {
  const header = readWavHeader(bytes);
  const frames = (header.dataEnd - header.dataStart) / (header.channels * header.sampleBytes);
  if ((frames / header.sampleRateHz) * 1000 > maxMs) throw tooLong(maxMs);
  const resampler = await Resampler.from(header.sampleRateHz);
  for (let first = 0; first < frames; first += framesAtOnce)
    resampler.push(readWavSamples(bytes, header, first, Math.min(frames, first + framesAtOnce)));
  return resampler.finish();
}

async function convertMp3(bytes: Buffer, { maxMs }: ConvertLimits): Promise<Int16Array> {
  let resampler: Resampler | undefined;
  for await (const { samples, sampleRateHz } of readMp3(bytes)) {
    resampler ??= await Resampler.from(sampleRateHz);
    resampler.push(samples);
    if ((resampler.samples / playedRateHz) * 1000 > maxMs) throw tooLong(maxMs);
  }
  return resampler?.finish() ?? new Int16Array();
}

function tooLong(maxMs: number): SpeechError {
  return new SpeechError('too-long', `The audio plays for more than ${maxMs / 60_000} minutes.`);
}
