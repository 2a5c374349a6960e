import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { SpeechOutlet } from './speech-outlet.js';

const least = 3_200;

function begin() {
  const clock = new FakeClock();
  const sent: Array<{ octets: number; atMs: number }> = [];
  const startedAt = clock.now();
  const heard: number[] = [];
  const outlet = new SpeechOutlet({
    clock,
    send: (audio) => {
      sent.push({ octets: audio.length, atMs: clock.now() - startedAt });
      for (let at = 0; at < audio.length; at += 2) heard.push(audio.readInt16LE(at));
    },
  });
  return { clock, outlet, sent, heard, sizes: () => sent.map(({ octets }) => octets) };
}

const ramp = (length: number, from = 1) => Int16Array.from({ length }, (_, index) => from + index);

describe('SpeechOutlet', () => {
  it('sends at once what makes a message of 3,200 octets', () => {
    const { outlet, sizes, clock } = begin();
    outlet.say(ramp(1_600));
    expect([sizes(), clock.pendingTimers]).toEqual([[least], 0]);
  });

  it('gathers pieces that come together', () => {
    const { outlet, sizes } = begin();
    for (let piece = 0; piece < 20; piece++) outlet.say(ramp(160));
    expect(sizes()).toEqual([least, least]);
  });

  it.each([1_601, 15_999, 16_001, 16_160, 17_000, 32_001, 100_000])(
    'never ends %i samples with a short message',
    (length) => {
      const { outlet, sizes, heard, clock } = begin();
      const said = ramp(length);
      outlet.say(said);
      for (const size of sizes()) expect(size >= least && size <= 100_000 && size % 320 === 0, `${size}`).toBe(true);
      clock.advance(40);
      expect(heard.slice(0, length)).toEqual([...said]);
      expect(heard.length - length).toBeLessThan(160);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('waits no longer than 40 ms for more, however little comes', () => {
    const { outlet, sent, clock } = begin();
    for (let piece = 0; piece < 10; piece++) {
      outlet.say(ramp(160));
      clock.advance(20);
    }
    expect(sent[0]).toEqual({ octets: 640, atMs: 40 });
    expect(sent.every(({ octets }) => octets <= 960)).toBe(true);
    clock.advance(40);
    expect(sent.reduce((sum, { octets }) => sum + octets, 0)).toBe(3_200);
  });

  it('puts no silence into speech that goes on, whatever its pieces are', () => {
    const { outlet, heard, clock, sizes } = begin();
    const said = ramp(100 * 87);
    for (let piece = 0; piece < 100; piece++) {
      outlet.say(said.subarray(piece * 87, piece * 87 + 87));
      clock.advance(10);
    }
    clock.advance(100);
    expect(heard.slice(0, said.length)).toEqual([...said]);
    expect(sizes().every((size) => size % 320 === 0)).toBe(true);
    expect([heard.length - said.length < 160, clock.pendingTimers]).toEqual([true, 0]);
  });

  it('drops what waits, and flushes it filled up to 320 octets', () => {
    const { outlet, sizes, clock } = begin();
    outlet.say(ramp(500));
    expect(outlet.waitingSamples).toBe(500);
    outlet.drop();
    clock.advance(100);
    expect([sizes(), outlet.waitingSamples, clock.pendingTimers]).toEqual([[], 0, 0]);
    outlet.say(ramp(500));
    outlet.flush();
    expect([sizes(), clock.pendingTimers]).toEqual([[1_280], 0]);
  });

  it('does not keep what the bot may write to afterwards', () => {
    const { outlet, heard } = begin();
    const samples = ramp(100);
    outlet.say(samples);
    samples.fill(0);
    outlet.flush();
    expect(heard.slice(0, 3)).toEqual([1, 2, 3]);
  });
});
