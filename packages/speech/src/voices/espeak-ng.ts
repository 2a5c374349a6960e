import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Clock } from '@intermix/kernel';
import { SpeechError } from '../speech-error.js';
import type { TextToSpeech } from './text-to-speech.js';

/** 2,000 characters are spoken in some hundredths of a second, and make 7 MB. */
const timeLimitMs = 20_000;
const maxOutputBytes = 32 * 1024 * 1024;
const maxComplaintBytes = 1_024;
/** `en`, `en-gb`, `hi`, `en+f3`. Never a path: a voice that is one is read as a file. */
const voiceForm = /^[a-z][a-z0-9]*([_+-][a-z0-9]+)*$/i;

/** Where espeak-ng is, looked for in `PATH`; undefined: not installed. */
export function findEspeakNg(path = process.env.PATH ?? ''): string | undefined {
  const candidates = path.split(delimiter).flatMap((folder) => (folder === '' ? [] : [join(folder, 'espeak-ng')]));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface EspeakNgOptions {
  /** The program, as `findEspeakNg` gives it. */
  program: string;
  clock: Clock;
  /** Default `en`. */
  voice?: string | undefined;
}

/** Speaks offline, by the program espeak-ng: one process for each text, which comes over its standard input. */
export class EspeakNg implements TextToSpeech {
  readonly id = 'espeak-ng';
  readonly defaultVoice: string;
  readonly #program: string;
  readonly #clock: Clock;

  constructor({ program, clock, voice = 'en' }: EspeakNgOptions) {
    this.#program = program;
    this.#clock = clock;
    this.defaultVoice = voice;
  }

  async speak(text: string, voice: string): Promise<Buffer> {
    if (!voiceForm.test(voice) || voice.length > 64) throw unknownVoice(voice);
    const { status, output, complaint } = await this.#run(['--stdout', '--stdin', '-b', '1', '-v', voice], text);
    if (/voice does not exist|unknown phoneme table/i.test(complaint)) throw unknownVoice(voice);
    if (status !== 0 || output.length === 0) throw failed(status === null ? 'was ended' : complaint || `${status}`);
    return output;
  }

  #run(args: string[], text: string): Promise<{ status: number | null; output: Buffer; complaint: string }> {
    return new Promise((resolve, reject) => {
      const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };
      const child = spawn(this.#program, args, { stdio: ['pipe', 'pipe', 'pipe'], shell: false, env });
      const timer = this.#clock.schedule(timeLimitMs, () => child.kill('SIGKILL'));
      const chunks: Buffer[] = [];
      let size = 0;
      let complaint = '';
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxOutputBytes) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (complaint.length < maxComplaintBytes) complaint += chunk.toString('utf8', 0, maxComplaintBytes);
      });
      child.stdin.on('error', () => {}); // It went without reading all: its status says why.
      child.once('error', (error) => {
        timer.cancel();
        reject(failed(error.message));
      });
      child.once('close', (status) => {
        timer.cancel();
        resolve({ status, output: Buffer.concat(chunks), complaint: complaint.trim() });
      });
      child.stdin.end(text, 'utf8');
    });
  }
}

function unknownVoice(voice: string): SpeechError {
  return new SpeechError(
    'unknown-voice',
    `espeak-ng has no voice ${JSON.stringify(voice.slice(0, 64))}: give a language such as en, en-gb or hi.`,
    'voice',
  );
}

function failed(how: string): SpeechError {
  return new SpeechError('engine-failed', `espeak-ng could not speak the text: ${how}.`, 'text');
}
