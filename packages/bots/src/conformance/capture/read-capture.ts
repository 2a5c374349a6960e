import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readPlatformMessage, samplesOf } from '@intermix/streaming';
import { readConfig } from '../../config/read-config.js';
import { BotTestError } from '../bot-test-error.js';
import { Capture, type CapturedMessage, captureFile, messagesFile } from './capture-file.js';

/** The caller's side of a capture, ready to be said again. */
export interface CapturedCaller {
  capture: Capture;
  /** From `start` on, at the capture's rate. */
  samples: Int16Array;
  digits: { atMs: number; digit: string; durationMs: number }[];
}

/** More than an hour at 24 kHz. */
const maxSamples = 100_000_000;
/** A message that comes later than its place in the sound had something lost before it. */
const lostMs = 500;

/** Reads a capture's folder. Rejects with BotTestError. */
export async function readCapture(folder: string): Promise<CapturedCaller> {
  const capture = await readDescription(folder);
  const digits: CapturedCaller['digits'] = [];
  const parts: { at: number; samples: Int16Array }[] = [];
  const perMs = capture.sample_rate / 1000;
  let end = 0;
  for await (const { at_ms: atMs, message } of callerMessages(folder)) {
    const said = read(message);
    if (said?.event === 'dtmf') digits.push({ atMs, digit: said.digit, durationMs: said.durationMs });
    if (said?.event !== 'media') continue;
    const samples = samplesOf(said.media.audio);
    const latest = Math.round(atMs * perMs) - samples.length;
    const at = latest - end > lostMs * perMs ? latest : end;
    end = at + samples.length;
    if (end > maxSamples) throw new BotTestError(`The capture ${folder} is longer than any call.`);
    parts.push({ at, samples });
  }
  const samples = new Int16Array(end);
  for (const part of parts) samples.set(part.samples, part.at);
  return { capture, samples, digits };
}

async function readDescription(folder: string): Promise<Capture> {
  try {
    return readConfig(Capture, JSON.parse(await readFile(join(folder, captureFile), 'utf8')));
  } catch (cause) {
    throw new BotTestError(`${folder} is no capture: its ${captureFile} cannot be read.`, { cause });
  }
}

async function* callerMessages(folder: string): AsyncGenerator<CapturedMessage> {
  const path = join(folder, messagesFile);
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line === '') continue;
      const message = JSON.parse(line) as CapturedMessage;
      if (message.by === 'caller' && typeof message.at_ms === 'number') yield message;
    }
  } catch (cause) {
    throw new BotTestError(`Line ${number} of ${path} cannot be read.`, { cause });
  }
}

function read(message: unknown): ReturnType<typeof readPlatformMessage> | undefined {
  try {
    return message === undefined ? undefined : readPlatformMessage(JSON.stringify(message));
  } catch {
    return undefined; // What the caller said wrongly then is not said again.
  }
}
