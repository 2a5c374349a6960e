import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TwoChannelWav } from '../sound/two-channel-wav.js';
import {
  audioFile,
  type Capture,
  type CapturedMessage,
  captureFile,
  messagesFile,
  type Speaker,
  withoutSecrets,
} from './capture-file.js';

/** The beginning of what is no JSON tells enough of it. */
const maxText = 1_000;

/** One capture on the disk, for its owner's eyes only. Methods throw what the disk says. */
export class CaptureWriter {
  readonly folder: string;
  readonly audio: TwoChannelWav;
  readonly #descriptor: number;
  readonly #maxOctets: number;
  #octets = 0;
  readonly counts: Record<Speaker, number> = { caller: 0, bot: 0 };

  /** Makes a folder in `parent` by that name, or with a number behind it when there is one. */
  constructor(options: { parent: string; name: string; sampleRate: number; maxOctets: number }) {
    const { parent, name, sampleRate, maxOctets } = options;
    this.folder = newFolder(parent, name);
    this.#maxOctets = maxOctets;
    this.#descriptor = openSync(join(this.folder, messagesFile), 'wx', 0o600);
    this.audio = new TwoChannelWav(join(this.folder, audioFile), { maxOctets });
    this.audio.open(sampleRate);
  }

  /** False: there is no room for it any more. */
  write(by: Speaker, atMs: number, data: Buffer, isBinary: boolean): boolean {
    const line = `${JSON.stringify(messageOf(by, atMs, data, isBinary))}\n`;
    if (this.#octets + line.length > this.#maxOctets) return false;
    this.#octets += line.length;
    this.counts[by]++;
    writeSync(this.#descriptor, line);
    return true;
  }

  finish(capture: Omit<Capture, 'type' | 'version' | 'messages'>): void {
    this.audio.close();
    closeSync(this.#descriptor);
    const whole: Capture = { type: 'intermix.stream-capture', version: 1, ...capture, messages: this.counts };
    writeFileSync(join(this.folder, captureFile), `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600 });
  }
}

function messageOf(by: Speaker, atMs: number, data: Buffer, isBinary: boolean): CapturedMessage {
  const at_ms = Math.round(atMs);
  if (isBinary) return { at_ms, by, octets: data.length };
  const text = data.toString('utf8');
  try {
    return { at_ms, by, message: withoutSecrets(JSON.parse(text)) };
  } catch {
    return { at_ms, by, text: text.slice(0, maxText) };
  }
}

function newFolder(parent: string, name: string): string {
  mkdirSync(parent, { recursive: true });
  for (let number = 1; ; number++) {
    const folder = join(parent, number === 1 ? name : `${name}-${number}`);
    try {
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number > 1_000) throw error;
    }
  }
}
