import { describe, expect, it } from 'vitest';
import { type TrackFrame, TrackFramer } from './track-framer.js';

const startMs = 1_000_000;
const packet = (value: number, length = 160) => new Int16Array(length).fill(value);

function makeTrack(frameMs = 100) {
  const frames: (TrackFrame & { atMs: number })[] = [];
  let nowMs = startMs;
  const framer = new TrackFramer({
    startMs,
    frameMs,
    emit: (frame) => frames.push({ ...frame, atMs: nowMs - startMs }),
  });
  return {
    frames,
    framer,
    /** A packet of 20 ms that comes so many milliseconds after the start. */
    say(value: number, atMs: number, position: number, source = 1): void {
      nowMs = startMs + atMs;
      framer.giveDue(nowMs);
      framer.push({ samples: packet(value), position, source, atMs: nowMs });
    },
    wait(atMs: number): void {
      nowMs = startMs + atMs;
      framer.giveDue(nowMs);
    },
    /** The values of each 20 ms of all frames so far. */
    heard: () =>
      frames.flatMap(({ samples }) => Array.from({ length: samples.length / 160 }, (_, i) => samples[i * 160 + 80])),
  };
}

it('gives a frame out with the packet that completes it', () => {
  const track = makeTrack();
  for (let i = 0; i < 10; i++) track.say(i + 1, (i + 1) * 20, 5_000 + i * 160);
  expect(track.heard()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(track.frames.map(({ number, atMs }) => [number, atMs])).toEqual([
    [1, 100],
    [2, 200],
  ]);
  expect(track.framer.counts).toEqual({ lateMs: 0, filledMs: 0 });
});

describe('silence stands for what does not come', () => {
  it('when a packet is lost, and when one overtakes another', () => {
    const track = makeTrack();
    for (const i of [0, 1, 3, 2, 5, 6, 7, 8, 9]) track.say(i + 1, (i + 1) * 20, i * 160);
    track.wait(240);
    expect(track.heard()).toEqual([1, 2, 3, 4, 0, 6, 7, 8, 9, 10]);
    expect(track.framer.counts).toEqual({ lateMs: 0, filledMs: 20 });
  });

  it('when nobody speaks at all: frames keep to the clock', () => {
    const track = makeTrack();
    for (let atMs = 0; atMs <= 1_040; atMs += 10) track.wait(atMs);
    expect(track.heard()).toEqual(new Array(50).fill(0));
    expect(track.frames.map(({ atMs }) => atMs)).toEqual([130, 230, 330, 430, 530, 630, 730, 830, 930, 1030]);
  });

  it('in a pause of which the timestamps tell, and in one after which they begin anew', () => {
    const track = makeTrack();
    track.say(1, 20, 0);
    track.say(2, 40, 160);
    track.say(3, 320, 15 * 160); // The pause is in the timestamps.
    track.say(4, 340, 16 * 160);
    track.say(5, 560, 7, 2); // Another source, 200 ms later.
    track.wait(700);
    expect(track.heard().slice(0, 30)).toEqual([
      ...[1, 2, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 3, 4, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 0, 0, 5, 0, 0],
    ]);
  });
});

it('loses no speech to jitter, and is no later for it than the jitter was', () => {
  const track = makeTrack();
  const late = [0, 0, 0, 0, 0, 0, 40, 25, 5, 0, 50, 35, 20, 0, 0, 60, 45, 30, 10, 0];
  for (let i = 0; i < 400; i++) track.say(1 + (i % 100), (i + 1) * 20 + (late[i % late.length] ?? 0), i * 160);
  const said = track.heard().filter((value) => value !== 0);
  expect(said.slice(0, 390)).toEqual(Array.from({ length: 390 }, (_, i) => 1 + (i % 100)));
  expect(track.framer.counts.lateMs).toBe(0);
  const last = track.frames.at(-1)!;
  expect(last.atMs - last.number * 100).toBeLessThan(120);
});

it('does not become late for good by a stall of the network: what is too old is lost', () => {
  const track = makeTrack();
  for (let i = 0; i < 25; i++) track.say(1, (i + 1) * 20, i * 160);
  for (let i = 25; i < 50; i++) track.say(2, 1_000, i * 160); // Half a second in one go.
  for (let i = 50; i < 100; i++) track.say(3, (i + 1) * 20, i * 160);
  const { lateMs } = track.framer.counts;
  expect(lateMs).toBeGreaterThan(300);
  expect(lateMs).toBeLessThan(500);
  const last = track.frames.at(-1)!;
  expect(last.number * 100 - last.atMs).toBeLessThanOrEqual(60); // What jitter may take, not the stall,
  expect(last.atMs - last.number * 100).toBeLessThan(100); // and not behind.
});

it('goes on soon after a pause in which the timestamps stood still', () => {
  const track = makeTrack();
  for (let i = 0; i < 10; i++) track.say(1, (i + 1) * 20, i * 160);
  for (let i = 10; i < 40; i++) track.say(2, 2_000 + i * 20, i * 160);
  const { lateMs } = track.framer.counts;
  expect(lateMs).toBeLessThanOrEqual(80);
  expect(track.heard().at(-1)).toBe(2);
});

describe('clocks that differ', () => {
  it.each([
    ['slow', 20.02],
    ['fast', 19.98],
  ])('a far end that is %s by a thousandth stays within a third of a second over ten minutes', (_, everyMs) => {
    const track = makeTrack();
    for (let i = 0; i < 30_000; i++) track.say(1, Math.round((i + 1) * everyMs), i * 160);
    const last = track.frames.at(-1)!;
    expect(Math.abs(last.number * 100 - last.atMs)).toBeLessThan(330);
    expect(track.framer.counts.lateMs).toBeLessThan(1_000);
  });
});

it('finds a new zero when timestamps jump, far ahead or back', () => {
  const track = makeTrack();
  track.say(1, 20, 0);
  for (let i = 1; i < 100; i++) track.say(2, (i + 1) * 20, 9_000_000 + i * 160);
  for (let i = 100; i < 200; i++) track.say(3, (i + 1) * 20, i * 160 - 80_000);
  const heard = track.heard();
  expect(heard.filter((value) => value === 2).length).toBeGreaterThan(95);
  expect(heard.filter((value) => value === 3).length).toBeGreaterThan(75);
  expect(heard.at(-1)).toBe(3);
});

it('bears packets of any length, none and hours included', () => {
  const track = makeTrack(20);
  const push = (length: number) =>
    track.framer.push({ samples: packet(7, length), position: 0, source: 1, atMs: startMs + 20 });
  push(0);
  push(1_000_000);
  push(1);
  track.wait(200);
  expect(track.frames.length).toBeGreaterThan(5);
  expect(track.frames.every(({ samples }) => samples.length === 160)).toBe(true);
});
