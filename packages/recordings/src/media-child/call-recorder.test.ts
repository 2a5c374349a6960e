import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type Clock, systemRandom } from '@intermix/kernel';
import type { AudioFrame } from '@intermix/media';
import { eventually, FakeClock } from '@intermix/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordingResult, RecordOrder } from '../files/recording-spec.js';
import { decodeRecording, soundBegins, toneIn } from '../testing/decode-recording.js';
import { DirectEncoder } from '../testing/direct-encoder.js';
import { FakeLegAudio } from '../testing/fake-leg-audio.js';
import { TalkingParty, type TalkingPartyOptions } from '../testing/talking-party.js';
import { nodeFiles } from '../worker/growing-files.js';
import type { FromEncoder, ToEncoder } from '../worker/messages.js';
import { CallRecorder } from './call-recorder.js';
import type { RecordingEncoder } from './recording-encoder.js';
import { ThreadedEncoder } from './threaded-encoder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-recorder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const minute = 60_000;
const tone = (hz: number) => (atMs: number) => 0.4 * Math.sin((2 * Math.PI * hz * atMs) / 1000);
/** A quarter of a second of sound at the beginning of each period: where it lies can be seen. */
const beeps = (hz: number, everyMs: number) => (atMs: number) => (atMs % everyMs < 250 ? tone(hz)(atMs) : 0);

const silent = { pausedAs: 'silence', heldAs: 'silence' } as const;

interface Setup {
  order?: Partial<RecordOrder>;
  says: Omit<TalkingPartyOptions, 'clock' | 'tell'>;
  hears: Omit<TalkingPartyOptions, 'clock' | 'tell'>;
  encoder?: RecordingEncoder;
}

function record({ order, says, hears, encoder }: Setup) {
  const clock = new FakeClock();
  const audio = new FakeLegAudio();
  let result: RecordingResult | undefined;
  const path = join(folder, 'call.part');
  /** What the recorder's process finds when it runs again: timers before packets, as in Node. */
  let found: { timers: (() => void)[]; packets: (() => void)[] } | undefined;
  const own: Clock = {
    now: () => clock.now(),
    schedule: (delayMs, fire) => clock.schedule(delayMs, () => (found ? found.timers.push(fire) : fire())),
  };
  const context = {
    ...{ audio, clock: own, random: systemRandom, emit() {} },
    ended: (end: unknown) => {
      result = end as RecordingResult;
    },
  };
  const whole: RecordOrder = { do: 'record', path, format: 'mp3', channels: 'dual', ...silent, ...order };
  const recorder = new CallRecorder(whole, context, encoder ?? new DirectEncoder());
  const arrive = (frame: AudioFrame, tell: (frame: AudioFrame) => void) =>
    found ? found.packets.push(() => tell({ ...frame, atMs: clock.now() })) : tell(frame);
  const receive = (frame: AudioFrame) => audio.receive(frame);
  const send = (frame: AudioFrame) => audio.send(frame);
  const caller = new TalkingParty({ clock, seed: 7, ...says, tell: (frame) => arrive(frame, receive) });
  const other = new TalkingParty({ clock, seed: 99, ...hears, tell: (frame) => arrive(frame, send) });
  const run = async (ms: number) => {
    for (let done = 0; done < ms; done += 1000) {
      clock.advance(Math.min(1000, ms - done));
      if (done % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** The recorder's process is not run for so long. */
  const standStill = (ms: number) => {
    const waiting = { timers: [], packets: [] };
    found = waiting;
    clock.advance(ms);
    found = undefined;
    for (const wake of [...waiting.timers, ...waiting.packets] as (() => void)[]) wake();
  };
  const end = async () => {
    recorder.close();
    return eventually(() => result, { timeoutMs: 15_000 });
  };
  return { clock, audio, recorder, caller, other, path, run, standStill, end, result: () => result };
}

describe('CallRecorder', () => {
  it('records ten minutes with a hold in the middle: length, channels, frequencies', async () => {
    const isHeld = (atMs: number) => atMs >= 4 * minute && atMs < 6 * minute;
    const call = record({
      says: { says: (atMs) => (isHeld(atMs) ? undefined : tone(440)(atMs)), ppm: 40, jitterMs: 25 },
      hears: { says: (atMs) => (isHeld(atMs) ? undefined : tone(1000)(atMs)), ppm: -60, jitterMs: 25 },
    });
    await call.run(10 * minute);
    const result = await call.end();
    expect(result).toEqual({ ok: true, bytes: statSync(call.path).size, durationMs: 10 * minute });
    expect(statSync(call.path).size).toBeLessThan(10 * 60 * 4100); // 32 kbit/s.

    const [left, right] = (await decodeRecording(call.path)) as [Float32Array, Float32Array];
    expect(Math.abs(left.length / 8 - 10 * minute)).toBeLessThan(1);
    for (const [channel, hz] of [
      [left, 440],
      [right, 1000],
    ] as const) {
      for (let from = 1000; from < 10 * minute; from += 20_000) {
        const { share, rms } = toneIn(channel, hz, from, from + 100);
        if (isHeld(from) && isHeld(from + 1000)) expect(rms).toBeLessThan(0.001);
        else if (!isHeld(from)) {
          expect(share, `at ${from}`).toBeGreaterThan(0.8);
          expect(rms).toBeGreaterThan(0.2);
        }
      }
    }
    call.caller.stop();
    call.other.stop();
    await call.run(1000);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('keeps both channels within 20 ms over an hour of clocks that drift apart, jitter, loss, disorder, a new stream', async () => {
    // Of a beep whose first packet is lost nobody can see where it begins.
    const network = { jitterMs: 40, loss: 0.02, swapped: 0.02, spares: (atMs: number) => atMs % 10_000 < 20 };
    const call = record({
      order: { format: 'wav' },
      says: { says: beeps(500, 10_000), ppm: 100, ...network },
      hears: { says: beeps(500, 10_000), ppm: -100, ...network },
    });
    await call.run(20 * minute);
    call.caller.restart(77);
    await call.run(40 * minute);
    await call.end();
    const [left, right] = (await decodeRecording(call.path)) as [Float32Array, Float32Array];
    for (let at = 10_000; at < 60 * minute; at += 10_000) {
      const [said = Number.NaN, heard = Number.NaN] = [left, right].map((one) => soundBegins(one, at - 60, at + 120));
      expect(Math.abs(said - heard), `at ${at} ms: ${said}, ${heard}`).toBeLessThan(20);
      expect(Math.min(said, heard) - at).toBeGreaterThan(0);
      expect(Math.max(said, heard) - at).toBeLessThan(45);
    }
  });

  it('has both parties in one channel, and in better quality, when asked', async () => {
    const call = record({
      order: { channels: 'single', format: 'mp3-hq' },
      says: { says: tone(440) },
      hears: { says: tone(1000) },
    });
    await call.run(10_000);
    expect(await call.end()).toMatchObject({ ok: true, durationMs: 10_000 });
    expect(statSync(call.path).size).toBeGreaterThan(10 * 3900);
    const [both = new Float32Array()] = await decodeRecording(call.path);
    expect(toneIn(both, 440, 3000, 3500).share).toBeCloseTo(0.5, 1);
    expect(toneIn(both, 1000, 3000, 3500).share).toBeCloseTo(0.5, 1);
  });

  it.each([
    ['silence', 9000],
    ['cut', 6000],
  ] as const)('writes %s for a pause', async (pausedAs, durationMs) => {
    const call = record({
      order: { pausedAs, format: 'wav' },
      says: { says: tone(440) },
      hears: { says: tone(1000) },
    });
    await call.run(3000);
    call.recorder.handle({ do: 'pause' });
    call.recorder.handle({ do: 'pause' });
    await call.run(3000);
    call.recorder.handle({ do: 'resume' });
    call.recorder.handle({ do: 'nonsense' });
    call.recorder.handle(undefined);
    await call.run(3000);
    expect(await call.end()).toMatchObject({ ok: true, durationMs });
    const [left = new Float32Array()] = await decodeRecording(call.path);
    expect(toneIn(left, 440, 1000, 2900).rms).toBeGreaterThan(0.2);
    expect(toneIn(left, 440, 3100, 5900).rms).toBeCloseTo(pausedAs === 'silence' ? 0 : 0.28, 1);
  });

  it.each(['silence', 'sound'] as const)('writes %s while a party holds the other and makes music', async (heldAs) => {
    const call = record({
      order: { heldAs, format: 'wav' },
      says: { says: tone(440) },
      hears: { says: tone(1000) },
    });
    await call.run(3000);
    call.audio.isHeld = true;
    await call.run(2000);
    call.audio.isHeld = false;
    await call.run(3000);
    expect(await call.end()).toMatchObject({ ok: true, durationMs: 8000 });
    for (const [channel, hz] of zip(await decodeRecording(call.path), [440, 1000])) {
      expect(toneIn(channel, hz, 1000, 2900).share).toBeGreaterThan(0.99);
      expect(toneIn(channel, hz, 3100, 4900).rms).toBeCloseTo(heldAs === 'silence' ? 0 : 0.28, 1);
      expect(toneIn(channel, hz, 5200, 7900).share).toBeGreaterThan(0.99);
    }
  });

  it('is silent where a packet was lost, and right again behind it', async () => {
    const call = record({
      order: { format: 'wav' },
      says: { says: (atMs) => (atMs >= 5000 && atMs < 5100 ? undefined : tone(440)(atMs)) },
      hears: { says: () => undefined },
    });
    await call.run(8000);
    expect(await call.end()).toMatchObject({ ok: true, durationMs: 8000 });
    const [left = new Float32Array(), right = new Float32Array()] = await decodeRecording(call.path);
    expect(toneIn(left, 440, 5020, 5100).rms).toBe(0);
    expect(toneIn(left, 440, 4000, 4900).share).toBeGreaterThan(0.99);
    expect(toneIn(left, 440, 5130, 7000).share).toBeGreaterThan(0.99);
    expect(toneIn(right, 440, 0, 8000).rms).toBe(0);
  });

  it('goes on behind a network that stood still and then delivered everything at once', async () => {
    const call = record({
      order: { format: 'wav' },
      says: { says: beeps(500, 1000) },
      hears: { says: () => undefined },
    });
    await call.run(3000);
    const { audio, clock } = call;
    const stuck: Parameters<typeof audio.receive>[0][] = [];
    const receive = audio.receive.bind(audio);
    audio.receive = (frame) => stuck.push(frame);
    await call.run(3000);
    audio.receive = receive;
    for (const frame of stuck) audio.receive({ ...frame, atMs: clock.now() });
    await call.run(5000);
    await call.end();
    const [left = new Float32Array()] = await decodeRecording(call.path);
    const beginsAt = (ms: number) => (soundBegins(left, ms - 100, ms + 300) ?? Number.NaN) - ms;
    expect(beginsAt(9000)).toBeGreaterThan(0);
    expect(beginsAt(9000)).toBeLessThan(40);
  });

  it('keeps the pitch of a stream whose first packets were late', async () => {
    const call = record({
      order: { format: 'wav' },
      says: { says: tone(440), lateMs: (atMs) => (atMs < 260 ? 80 : 0) },
      hears: { says: () => undefined },
    });
    await call.run(3000);
    expect(await call.end()).toMatchObject({ ok: true, durationMs: 3000 });
    const [left = new Float32Array()] = await decodeRecording(call.path);
    for (let at = 500; at < 2900; at += 400) expect(toneIn(left, 440, at, at + 400).share).toBeGreaterThan(0.99);
  });

  it.each([300, 700, 1400])(
    'has all that was said while its process stood still for %i ms, in its place',
    async (stillMs) => {
      const call = record({
        order: { format: 'wav' },
        says: { says: tone(440), jitterMs: 5 },
        hears: { says: tone(1000), ppm: 80 },
      });
      await call.run(3000);
      call.standStill(stillMs);
      await call.run(3000);
      call.standStill(stillMs); // What is found at the end is in the file too.
      expect(await call.end()).toMatchObject({ ok: true, durationMs: 6000 + 2 * stillMs });
      for (const [channel, hz] of zip(await decodeRecording(call.path), [440, 1000])) {
        for (let at = 100; at < 5900 + 2 * stillMs; at += 50) {
          const { share, rms } = toneIn(channel, hz, at, at + 50);
          expect(rms, `${hz} Hz at ${at} ms`).toBeGreaterThan(0.2);
          // Where it stands still the stream may be placed anew, some milliseconds away.
          const isSeam = at === 2950 || at === 3000 || at === 5950 + stillMs || at === 6000 + stillMs;
          if (!isSeam) expect(share, `${hz} Hz at ${at} ms`).toBeGreaterThan(0.9);
        }
      }
    },
  );

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EIO', 'write-failed'],
  ])('ends as failed when the disk says %s, and stops listening', async (code, failure) => {
    let written = 0;
    const append = (file: number, bytes: Uint8Array) => {
      written += bytes.length;
      if (written > 20_000) throw Object.assign(new Error(`${code}: no`), { code });
      nodeFiles.append(file, bytes);
    };
    const encoder = new DirectEncoder({ ...nodeFiles, append });
    const call = record({ says: { says: tone(440) }, hears: { says: tone(1000) }, encoder });
    await call.run(20_000);
    const result = await eventually(call.result, { timeoutMs: 15_000 });
    expect(result).toEqual({ ok: false, failure, detail: `${code}: no` });
    expect(call.audio.listeners).toBe(0);
    call.recorder.close();
    expect(call.result()).toEqual({ ok: false, failure, detail: `${code}: no` });
  });

  it('says why when the encoder cannot begin, and listens to nothing', () => {
    const encoder = new ThreadedEncoder(() => {
      throw new Error('no thread');
    });
    const call = record({ says: { says: tone(440) }, hears: { says: tone(440) }, encoder });
    expect(call.result()).toEqual({ ok: false, failure: 'encoder-failed', detail: 'no thread' });
    expect(call.audio.listeners).toBe(0);
    call.caller.stop();
    call.other.stop();
    call.clock.advance(1000);
    expect(call.clock.pendingTimers).toBe(0);
    call.recorder.close();
  });

  it('is given up when the encoder falls behind, and ends when what it had is in the file', async () => {
    const sent: ToEncoder[] = [];
    let tell = (_message: FromEncoder) => {};
    const on = (event: string, listener: (message: FromEncoder) => void) => {
      if (event === 'message') tell = listener;
    };
    const thread = { postMessage: (message: ToEncoder) => sent.push(message), on, unref() {} };
    const encoder = new ThreadedEncoder(() => thread as unknown as Worker);
    const call = record({ says: { says: tone(440) }, hears: { says: tone(440) }, encoder });
    await call.run(40_000);
    expect(sent.filter(({ type }) => type === 'pcm')).toHaveLength(150);
    expect(sent.at(-1)).toEqual({ type: 'close', id: 1 });
    expect(call.result()).toBeUndefined();
    tell({ type: 'ended', id: 1, result: { ok: true, bytes: 9, durationMs: 9 } });
    expect(call.result()).toMatchObject({ ok: false, failure: 'encoder-behind' });
    expect(call.audio.listeners).toBe(0);
  });

  it('does not overwrite what is there', async () => {
    const call = record({ order: { path: folder }, says: { says: tone(440) }, hears: { says: tone(440) } });
    await call.run(1000);
    const result = await eventually(call.result, { timeoutMs: 15_000 });
    expect(result).toMatchObject({ ok: false, failure: 'write-failed' });
  });
});

const zip = <A, B>(some: readonly A[], others: readonly B[]): [A, B][] => some.map((one, i) => [one, others[i] as B]);
