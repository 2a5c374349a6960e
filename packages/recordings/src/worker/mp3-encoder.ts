import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createEncoder, type createMp3Encoder } from 'wasm-media-encoders';
import { infoFrame, type Mp3Shape } from '../files/mp3-frames.js';
import { channelCount, type RecordingChannels } from '../files/recording-file.js';
import type { SampleEncoder } from './sample-encoder.js';

type Lame = Awaited<ReturnType<typeof createMp3Encoder>>;

const sampleRate = 8000;
/** Each holds some megabytes, so that the next recording takes over what an ended one leaves. */
const maxIdle = 32;
const idle: Lame[] = [];
let compiled: Promise<WebAssembly.Module> | undefined;

/** The first one compiles LAME, all others share that. */
async function takeLame(): Promise<Lame> {
  const free = idle.pop();
  if (free) return free;
  compiled ??= readFile(createRequire(import.meta.url).resolve('wasm-media-encoders/wasm/mp3')).then((bytes) =>
    WebAssembly.compile(new Uint8Array(bytes)),
  );
  return createEncoder('audio/mpeg', await compiled) as Promise<Lame>;
}

/** MP3 by LAME, 8 kHz, at a constant bit rate, with an Info frame before all others. */
export class Mp3Encoder implements SampleEncoder {
  readonly #lame: Lame;
  readonly #shape: Mp3Shape;
  #samples = 0;
  #bytes = 0;

  private constructor(lame: Lame, shape: Mp3Shape) {
    this.#lame = lame;
    this.#shape = shape;
    lame.configure({
      ...{ channels: shape.channels, bitrate: shape.kbps as 16 },
      ...{ sampleRate, outputSampleRate: sampleRate as 8000 },
    });
  }

  static async create(channels: RecordingChannels, kbpsPerChannel: number): Promise<Mp3Encoder> {
    const count = channelCount(channels);
    return new Mp3Encoder(await takeLame(), { kbps: kbpsPerChannel * count, channels: count });
  }

  head(): Uint8Array {
    return infoFrame(this.#shape, 0);
  }

  encode(pcm: Int16Array): Uint8Array {
    const { channels } = this.#shape;
    const length = pcm.length / channels;
    const parts = Array.from({ length: channels }, (_, channel) => {
      const samples = new Float32Array(length);
      for (let i = 0; i < length; i++) samples[i] = (pcm[i * channels + channel] ?? 0) / 32_768;
      return samples;
    });
    this.#samples += length;
    return this.#counted(this.#lame.encode(parts as [Float32Array]));
  }

  finish(): { tail: Uint8Array; head: Uint8Array; durationMs: number } {
    const tail = this.#counted(this.#lame.finalize());
    const frames = this.#bytes / infoFrame(this.#shape, 0).length;
    const durationMs = Math.round((this.#samples * 1000) / sampleRate);
    return { tail, head: infoFrame(this.#shape, Math.round(frames), this.#samples), durationMs };
  }

  release(): void {
    if (idle.length < maxIdle) idle.push(this.#lame);
  }

  /** A copy: what LAME gives is its own memory. */
  #counted(bytes: Uint8Array): Uint8Array {
    this.#bytes += bytes.length;
    return bytes.slice();
  }
}
