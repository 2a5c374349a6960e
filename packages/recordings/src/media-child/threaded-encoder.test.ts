import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { RecordingResult } from '../files/recording-spec.js';
import type { FromEncoder, ToEncoder } from '../worker/messages.js';
import { ThreadedEncoder } from './threaded-encoder.js';

const spec = { path: '/nowhere/call.part', format: 'mp3', channels: 'dual' } as const;
const whole: RecordingResult = { ok: true, bytes: 9, durationMs: 200 };

/** A thread that does what the test says. */
class FakeThread {
  readonly told: ToEncoder[] = [];
  readonly transferred: ArrayBuffer[][] = [];
  readonly #listeners = new Map<string, (value: never) => void>();
  refuses: Error | undefined;

  readonly worker = {
    postMessage: (message: ToEncoder, transferred: ArrayBuffer[]) => {
      if (this.refuses) throw this.refuses;
      this.told.push(message);
      this.transferred.push(transferred);
    },
    on: (event: string, listener: (value: never) => void) => void this.#listeners.set(event, listener),
    unref() {},
  } as unknown as Worker;

  says(message: FromEncoder): void {
    this.#listeners.get('message')?.(message as never);
  }

  dies(error: Error): void {
    this.#listeners.get('error')?.(error as never);
    this.#listeners.get('exit')?.(1 as never);
  }

  get words(): string[] {
    return this.told.map(({ type, id }) => `${type} ${id}`);
  }
}

function make() {
  const threads: FakeThread[] = [];
  const encoder = new ThreadedEncoder(() => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread.worker;
  });
  const open = () => {
    const ends: RecordingResult[] = [];
    return { file: encoder.open(spec, (result) => ends.push(result)), ends };
  };
  return { threads, open, thread: () => threads.at(-1) as FakeThread };
}

const pcm = () => new Int16Array(320);
const pcmOf = (thread: FakeThread) => thread.told.filter(({ type }) => type === 'pcm').length;

describe('ThreadedEncoder', () => {
  it('has one thread for all files, gives it the samples themselves, and tells the end of each', () => {
    const { threads, open, thread } = make();
    const [one, other] = [open(), open()];
    const samples = pcm();
    one.file.write(samples);
    other.file.close();
    expect(threads).toHaveLength(1);
    expect(thread().words).toEqual(['open 1', 'open 2', 'pcm 1', 'close 2']);
    expect(thread().transferred[2]).toEqual([samples.buffer]);
    thread().says({ type: 'ended', id: 2, result: whole });
    expect([one.ends, other.ends]).toEqual([[], [whole]]);
  });

  it('has half a minute wait for a slow thread; one that falls further behind is given up, and ends once', () => {
    const { open, thread } = make();
    const [slow, quick] = [open(), open()];
    for (let i = 0; i < 150; i++) slow.file.write(pcm());
    thread().says({ type: 'done', id: 1 });
    slow.file.write(pcm()); // There is room for one more.
    expect(pcmOf(thread())).toBe(151);
    for (let i = 0; i < 5; i++) slow.file.write(pcm());
    expect(pcmOf(thread())).toBe(151);
    expect(thread().words.filter((word) => word === 'close 1')).toHaveLength(1);
    expect(slow.ends).toEqual([]); // Until what it had is in the file.
    thread().says({ type: 'ended', id: 1, result: whole });
    thread().says({ type: 'ended', id: 1, result: whole });
    expect(slow.ends).toEqual([expect.objectContaining({ ok: false, failure: 'encoder-behind' })]);
    quick.file.write(pcm());
    expect([pcmOf(thread()), quick.ends]).toEqual([152, []]);
  });

  it('ends every file of a thread that dies, and has another one for the next', () => {
    const { threads, open } = make();
    const [one, other] = [open(), open()];
    threads[0]?.dies(new Error('out of memory'));
    const lost = { ok: false, failure: 'encoder-failed', detail: 'out of memory' };
    expect([one.ends, other.ends]).toEqual([[lost], [lost]]);
    const next = open();
    expect(threads).toHaveLength(2);
    threads[0]?.dies(new Error('again')); // What the first one still says concerns nobody.
    threads[0]?.says({ type: 'ended', id: 1, result: whole });
    expect([one.ends.length, next.ends]).toEqual([1, []]);
    threads[1]?.says({ type: 'ended', id: 3, result: whole });
    expect(next.ends).toEqual([whole]);
  });

  it('takes no more of a file that is over', () => {
    const { open, thread } = make();
    const { file, ends } = open();
    file.write(pcm());
    thread().says({ type: 'ended', id: 1, result: { ok: false, failure: 'disk-full', detail: 'no room' } });
    file.write(pcm());
    thread().says({ type: 'done', id: 1 });
    expect([pcmOf(thread()), ends.length]).toEqual([1, 1]);
  });

  it('has a file fail that the thread cannot be told of', () => {
    const { open, thread } = make();
    const { file, ends } = open();
    thread().refuses = new Error('cannot be cloned');
    file.write(pcm());
    expect(ends).toEqual([{ ok: false, failure: 'encoder-failed', detail: 'cannot be cloned' }]);
    file.close();
    expect(ends).toHaveLength(1);
  });
});
