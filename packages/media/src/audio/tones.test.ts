import { describe, expect, it } from 'vitest';
import { pseudoRandomOctets } from '../rtp/testing-octets.js';
import { dtmfTone } from './dtmf-tones.js';
import { decodePcmu, encodePcmu } from './g711.js';
import { goertzelPower, ToneDetector, toneShare } from './goertzel.js';
import { samplesPerFrame, ToneGenerator } from './tone-generator.js';

const levelDbm0 = (samples: Int16Array, hz: number) => 10 * Math.log10(goertzelPower(samples, hz)) + 3.17;

describe('ToneGenerator', () => {
  it('makes the level that was asked for', () => {
    const samples = new ToneGenerator({ frequenciesHz: [1000], levelDbm0: -20 }).next(800);
    expect(levelDbm0(samples, 1000)).toBeCloseTo(-20, 1);
  });

  it('keeps its phase over frames', () => {
    const whole = new ToneGenerator({ frequenciesHz: [440, 480] }).next(samplesPerFrame * 5);
    const generator = new ToneGenerator({ frequenciesHz: [440, 480] });
    const frames = Array.from({ length: 5 }, () => [...generator.next()]).flat();
    expect(frames).toEqual([...whole]);
  });

  it('follows its cadence', () => {
    const samples = new ToneGenerator({ frequenciesHz: [400], onMs: 100, offMs: 50 }).next(8 * 300);
    const isSilent = (fromMs: number, toMs: number) => samples.subarray(fromMs * 8, toMs * 8).every((s) => s === 0);
    expect([isSilent(100, 150), isSilent(250, 300)]).toEqual([true, true]);
    expect([isSilent(0, 100), isSilent(150, 250)]).toEqual([false, false]);
  });

  it('follows a cadence of more than two steps, over and over', () => {
    const samples = new ToneGenerator({ frequenciesHz: [400], cadenceMs: [40, 20, 40, 200] }).next(8 * 360);
    const isSilent = (fromMs: number, toMs: number) => samples.subarray(fromMs * 8, toMs * 8).every((s) => s === 0);
    expect([isSilent(40, 60), isSilent(100, 300), isSilent(340, 360)]).toEqual([true, true, true]);
    expect([isSilent(0, 40), isSilent(60, 100), isSilent(300, 340)]).toEqual([false, false, false]);
  });

  it('does not wrap when tones together are louder than full scale', () => {
    const samples = new ToneGenerator({ frequenciesHz: [300, 500, 700], levelDbm0: 3 }).next(800);
    expect(Math.max(...samples)).toBe(32_767);
    expect(toneShare(samples, 300)).toBeGreaterThan(0.1);
  });
});

describe('tone finding', () => {
  it('finds a tone after µ-law, and no other', () => {
    const samples = decodePcmu(encodePcmu(new ToneGenerator({ frequenciesHz: [1000] }).next(800)));
    expect(toneShare(samples, 1000)).toBeGreaterThan(0.95);
    expect(toneShare(samples, 440)).toBeLessThan(0.01);
  });

  it('hears nothing in silence, in noise, or in next to nothing', () => {
    const detector = new ToneDetector({ frequencyHz: 1000 });
    detector.push(new Int16Array(800));
    detector.push(Int16Array.from(pseudoRandomOctets(1, 800), (octet) => (octet - 128) * 30));
    detector.push(new ToneGenerator({ frequenciesHz: [1000], levelDbm0: -70 }).next(800));
    expect([detector.blocksJudged, detector.blocksHeard]).toEqual([3, 0]);
  });

  it('judges whole blocks whatever the framing', () => {
    const detector = new ToneDetector({ frequencyHz: 440 });
    const generator = new ToneGenerator({ frequenciesHz: [440] });
    for (let i = 0; i < 17; i++) detector.push(generator.next(97));
    expect([detector.blocksJudged, detector.blocksHeard, detector.present]).toEqual([2, 2, true]);
    expect(goertzelPower(new Int16Array(0), 440)).toBe(0);
  });
});

describe('dtmfTone', () => {
  it.each([
    ['1', 697, 1209],
    ['5', 770, 1336],
    ['#', 941, 1477],
    ['*', 941, 1209],
    ['d', 941, 1633],
  ])('%s is %i and %i Hz', (digit, row, column) => {
    const samples = new ToneGenerator(dtmfTone(digit)!).next(800);
    expect(toneShare(samples, row)).toBeGreaterThan(0.45);
    expect(toneShare(samples, column)).toBeGreaterThan(0.45);
  });

  it.each(['', 'E', '12', ',', ' '])('%j is no digit', (text) => {
    expect(dtmfTone(text)).toBeUndefined();
  });
});
