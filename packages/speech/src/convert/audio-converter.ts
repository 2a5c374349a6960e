import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Clock } from '@intermix/kernel';
import { maxPromptMs } from '../limits.js';
import { Places } from '../places.js';
import { SpeechError } from '../speech-error.js';
import type { ConversionAnswer, ConversionOrder } from './worker-messages.js';

/** Files that are converted at the same time, and that may wait. */
const size = 2;
const maxWaiting = 200;
/** A file of ten minutes takes some five seconds, on a busy machine five times that. */
const timeLimitMs = 60_000;
const maxHeapMb = 256;

/** Converts audio files in threads of their own, one for each file: signalling goes on, and a bad file hurts no other. */
export class AudioConverter {
  readonly #clock: Clock;
  readonly #places = new Places({ size, maxWaiting });
  readonly #running = new Set<Worker>();
  #stopped = false;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /**
   * The audio as a WAV file of 8 kHz, mono, 16 bit PCM. Rejects with SpeechError: what is wrong with the file, `too-long`
   * beyond `maxMs` (default 10 minutes), or `busy`.
   */
  convert(audio: Buffer, { maxMs = maxPromptMs }: { maxMs?: number } = {}): Promise<Buffer> {
    return this.#places.run(async () => {
      if (this.#stopped) throw new SpeechError('busy', 'The server is stopping.');
      // A copy that is handed over: pooled buffers share their memory with others.
      const order: ConversionOrder = { audio: new Uint8Array(audio), maxMs };
      const answer = await this.#answerTo(order);
      if ('wav' in answer) return Buffer.from(answer.wav.buffer, answer.wav.byteOffset, answer.wav.length);
      if ('problem' in answer) throw new SpeechError(answer.problem, answer.message, answer.field);
      throw new SpeechError('damaged', 'The audio file cannot be decoded.', 'audio', { cause: answer.unforeseen });
    });
  }

  /** Gives up what is running. May be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#running].map((worker) => worker.terminate()));
  }

  async #answerTo(order: ConversionOrder): Promise<ConversionAnswer> {
    const worker = startWorker(order);
    this.#running.add(worker);
    const timer = this.#clock.schedule(timeLimitMs, () => void worker.terminate());
    try {
      return await answerOf(worker);
    } finally {
      timer.cancel();
      this.#running.delete(worker);
      void worker.terminate();
    }
  }
}

/** The built thread: one has no loader for TypeScript, so that tests from source use it too. */
function startWorker(order: ConversionOrder): Worker {
  const program = createRequire(import.meta.url).resolve('@intermix/speech/conversion-worker');
  return new Worker(program, {
    workerData: order,
    transferList: [order.audio.buffer as ArrayBuffer],
    execArgv: [],
    stdout: true, // Nothing of it belongs in the server's own output.
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
}

/** Its answer, or that it ended without one: out of memory, out of time, or stopped. */
function answerOf(worker: Worker): Promise<ConversionAnswer> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error) => resolve({ unforeseen: error.message }));
    worker.once('exit', () => resolve({ unforeseen: 'the thread ended before it was done' }));
  });
}
