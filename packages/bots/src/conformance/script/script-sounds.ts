import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BotTestError } from '../bot-test-error.js';
import { tickMs } from '../line/tick.js';
import { Loudness } from '../sound/loudness.js';
import { toneSamples } from '../sound/tone.js';
import { wavSound } from '../sound/wav-sound.js';
import type { BotTestScript, ScriptStep } from './bot-test-script.js';

/** What the caller says in a step, at the stream's rate. */
export interface CallerSound {
  samples: Int16Array;
  /** Where the sound in it begins and ends: a file often has silence before and behind. */
  audibleFromMs: number;
  audibleUntilMs: number;
}

/** Ten minutes at 48 kHz, two channels. */
const maxFileOctets = 120_000_000;

/** The sounds of every step that has one. Files lie beside the script unless their paths are absolute. Rejects with BotTestError. */
export async function soundsOf(
  script: BotTestScript,
  { scriptPath, sampleRate }: { scriptPath: string; sampleRate: number },
): Promise<Map<ScriptStep, CallerSound>> {
  const loudness = new Loudness(script.audible_dbfs);
  const files = new Map<string, Int16Array>();
  const sounds = new Map<ScriptStep, CallerSound>();
  for (const step of script.steps) {
    const file = step.step === 'say' || step.step === 'barge_in' ? step.file : undefined;
    let samples: Int16Array | undefined;
    if (file !== undefined) {
      samples = files.get(file) ?? (await fileSound(resolve(dirname(scriptPath), file), file, sampleRate));
      files.set(file, samples);
    } else if (step.step === 'tone') samples = toneSamples(step.hz, step.ms, sampleRate);
    else if (step.step === 'barge_in') samples = toneSamples(step.tone_hz ?? 0, step.tone_ms ?? 0, sampleRate);
    if (samples) sounds.set(step, soundOf(samples, { loudness, sampleRate, name: file ?? 'the tone' }));
  }
  return sounds;
}

function soundOf(
  samples: Int16Array,
  { loudness, sampleRate, name }: { loudness: Loudness; sampleRate: number; name: string },
): CallerSound {
  const frame = (sampleRate / 1000) * tickMs;
  const until = loudness.audibleLength(samples, frame);
  if (until === 0) throw new BotTestError(`There is no sound in ${name}.`);
  let from = 0;
  while (!loudness.isAudible(samples.subarray(from, from + frame))) from += frame;
  const ms = (count: number) => Math.round((count * 1000) / sampleRate);
  return { samples, audibleFromMs: ms(from), audibleUntilMs: ms(until) };
}

async function fileSound(path: string, name: string, sampleRate: number): Promise<Int16Array> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (cause) {
    throw new BotTestError(`The sound ${name} cannot be read.`, { cause });
  }
  if (file.length > maxFileOctets) throw new BotTestError(`The sound ${name} is too long.`);
  return wavSound(file, sampleRate, name);
}
