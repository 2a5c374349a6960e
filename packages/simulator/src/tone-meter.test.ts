import { decodePcma, encodePcma, ToneGenerator } from '@intermix/media';
import { describe, expect, it } from 'vitest';
import { ToneMeter } from './tone-meter.js';

describe('tone meter', () => {
  it.each([200, 440, 800, 1000, 1633, 3000])('names %i Hz to within 5 Hz, through A-law', (hz) => {
    const meter = new ToneMeter();
    const generator = new ToneGenerator({ frequenciesHz: [hz], levelDbm0: -20 });
    for (let frame = 0; frame < 6; frame++) meter.push(decodePcma(encodePcma(generator.next())));
    expect(Math.abs((meter.currentHz ?? 0) - hz)).toBeLessThanOrEqual(5);
  });

  it('hears no tone in silence, and none in noise', () => {
    const meter = new ToneMeter();
    meter.push(new Int16Array(1600));
    expect(meter.currentHz).toBeUndefined();
    let seed = 1;
    const noise = Int16Array.from({ length: 8000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return (seed >> 15) - 32_768;
    });
    meter.push(noise);
    expect(meter.currentHz).toBeUndefined();
  });

  it('remembers the last tone after it has stopped', () => {
    const meter = new ToneMeter();
    meter.push(new ToneGenerator({ frequenciesHz: [700] }).next(1600));
    meter.push(new Int16Array(1600));
    expect([meter.currentHz, meter.lastHz]).toEqual([undefined, 700]);
  });
});
