import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { wavFileOf } from '../audio/wav-file.js';
import { SpeechError } from '../speech-error.js';
import { convertAudio } from './convert-audio.js';
import type { ConversionAnswer, ConversionOrder } from './worker-messages.js';

// A thread for one file: whatever that does to the decoders ends with it.

// The MP3 decoder complains of each bad frame on the console, which the server's thread would have to take.
globalThis.console = new Console(new Writable({ write: (_chunk, _encoding, done) => done() }));

async function converted({ audio, maxMs }: ConversionOrder): Promise<ConversionAnswer> {
  try {
    return { wav: wavFileOf(await convertAudio(Buffer.from(audio.buffer, audio.byteOffset, audio.length), { maxMs })) };
  } catch (error) {
    if (error instanceof SpeechError) return { problem: error.problem, message: error.message, field: error.field };
    return { unforeseen: error instanceof Error ? error.message : String(error) };
  }
}

void converted(workerData as ConversionOrder).then((answer) => parentPort?.postMessage(answer));
