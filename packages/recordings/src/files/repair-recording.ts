import { type FileHandle, open } from 'node:fs/promises';
import { heardMs, infoFrame, type Mp3Shape, readFrameHeader } from './mp3-frames.js';
import type { FileFigures, RecordingFormat } from './recording-file.js';
import { wavChannels, wavHeader, wavHeaderBytes, wavMs } from './wav-header.js';

const portionBytes = 64 * 1024;

/**
 * Makes a whole file of one that nobody closed: cut behind the last whole frame, with a header that says what there is.
 * Undefined when it holds no sound. Rejects with the file system's error.
 */
export async function repairRecording(path: string, format: RecordingFormat): Promise<FileFigures | undefined> {
  const file = await open(path, 'r+');
  try {
    const figures = await (format === 'wav' ? repairWav(file) : repairMp3(file));
    if (figures) {
      await file.truncate(figures.bytes);
      await file.sync();
    }
    return figures;
  } finally {
    await file.close();
  }
}

async function repairWav(file: FileHandle): Promise<FileFigures | undefined> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(wavHeaderBytes), 0, wavHeaderBytes, 0);
  const channels = wavChannels(buffer.subarray(0, bytesRead));
  if (channels === undefined) return undefined;
  const block = channels * 2;
  const dataBytes = Math.floor((size - wavHeaderBytes) / block) * block;
  if (dataBytes <= 0) return undefined;
  await file.write(wavHeader(channels, dataBytes), 0, wavHeaderBytes, 0);
  return { bytes: wavHeaderBytes + dataBytes, durationMs: wavMs(channels, dataBytes) };
}

async function repairMp3(file: FileHandle): Promise<FileFigures | undefined> {
  const found = await wholeFrames(file);
  if (!found) return undefined;
  const frames = found.frames - 1; // Without the Info frame.
  const durationMs = heardMs(frames);
  if (durationMs === 0) return undefined;
  const head = infoFrame(found.shape, frames);
  await file.write(head, 0, head.length, 0);
  return { bytes: found.bytes, durationMs };
}

/** Follows the frames from the file's beginning to the first that is not whole. */
async function wholeFrames(file: FileHandle): Promise<{ shape: Mp3Shape; frames: number; bytes: number } | undefined> {
  const portion = Buffer.alloc(portionBytes);
  let shape: Mp3Shape | undefined;
  let [frames, bytes] = [0, 0];
  for (;;) {
    const { bytesRead } = await file.read(portion, 0, portionBytes, bytes);
    let at = 0;
    for (;;) {
      const header = readFrameHeader(portion.subarray(0, bytesRead), at);
      if (!header || at + header.bytes > bytesRead) break;
      shape ??= { kbps: header.kbps, channels: header.channels };
      at += header.bytes;
      frames += 1;
    }
    if (at === 0) return shape && { shape, frames, bytes };
    bytes += at;
  }
}
