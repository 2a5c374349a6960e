import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeRecording, toneIn } from '../testing/decode-recording.js';
import { makeEncoder } from '../worker/make-encoder.js';
import type { RecordingChannels, RecordingFormat } from './recording-file.js';
import { repairRecording } from './repair-recording.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-repair-'));
  path = join(folder, 'call.part');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a process leaves that was killed while it recorded 440 Hz. */
async function leaveFile(format: RecordingFormat, channels: RecordingChannels, seconds: number): Promise<void> {
  const encoder = await makeEncoder(format, channels);
  writeFileSync(path, encoder.head());
  const count = channels === 'dual' ? 2 : 1;
  for (let at = 0; at < seconds * 8000; at += 1600) {
    const pcm = new Int16Array(1600 * count);
    for (let i = 0; i < pcm.length; i++)
      pcm[i] = 10_000 * Math.sin((2 * Math.PI * 440 * (at + Math.floor(i / count))) / 8000);
    appendFileSync(path, encoder.encode(pcm));
  }
}

describe('repairRecording', () => {
  it.each([
    ['mp3', 'single'],
    ['mp3', 'dual'],
    ['mp3-hq', 'dual'],
    ['wav', 'single'],
    ['wav', 'dual'],
  ] as const)('makes a whole file of a broken one: %s, %s', async (format, channels) => {
    await leaveFile(format, channels, 20);
    truncateSync(path, statSync(path).size - 101); // In the middle of a frame, and of a sample.
    const figures = await repairRecording(path, format);
    expect(figures?.bytes).toBe(statSync(path).size);
    expect(figures?.durationMs).toBeGreaterThan(19_500);
    expect(figures?.durationMs).toBeLessThan(20_000);
    const decoded = await decodeRecording(path);
    for (const channel of decoded) {
      expect(Math.abs(channel.length / 8 - (figures?.durationMs ?? 0))).toBeLessThanOrEqual(1);
      expect(toneIn(channel, 440, 500, 19_000).share).toBeGreaterThan(0.99);
    }
  });

  it.each([
    ['mp3', ''],
    ['mp3', 'no frame at all, but some text'],
    ['wav', ''],
    ['wav', 'RIFF and then nothing that would be one'],
  ] as const)('finds no sound in %s "%s"', async (format, text) => {
    writeFileSync(path, text);
    expect(await repairRecording(path, format)).toBeUndefined();
  });

  it.each(['mp3', 'wav'] as const)('finds no sound in a file that has just been begun: %s', async (format) => {
    await leaveFile(format, 'dual', 0);
    expect(await repairRecording(path, format)).toBeUndefined();
  });
});
