import { describe, expect, it } from 'vitest';
import { decodePcma, decodePcmu, encodePcma, encodePcmu, pcmaToPcmu, pcmuToPcma } from './g711.js';

const allOctets = Uint8Array.from({ length: 256 }, (_, i) => i);

describe('G.711', () => {
  // Values of the tables in ITU-T G.711, scaled to 16 bits.
  it.each([
    [0xff, 0],
    [0x7f, 0],
    [0x80, 32_124],
    [0x00, -32_124],
    [0xfe, 8],
    [0xf0, 120],
    [0xef, 132],
  ])('decodes µ-law 0x%s', (octet, sample) => {
    expect(decodePcmu(Uint8Array.of(octet))[0]).toBe(sample === 0 ? 0 : sample);
  });

  it.each([
    [0xd5, 8],
    [0x55, -8],
    [0xaa, 32_256],
    [0x2a, -32_256],
    [0xc5, 264],
    [0xf5, 528],
  ])('decodes A-law 0x%s', (octet, sample) => {
    expect(decodePcma(Uint8Array.of(octet))[0]).toBe(sample);
  });

  it('gives every A-law octet back after a round trip, and every µ-law octet but the second zero', () => {
    expect([...encodePcma(decodePcma(allOctets))]).toEqual([...allOctets]);
    expect([...encodePcmu(decodePcmu(allOctets))]).toEqual(
      [...allOctets].map((octet) => (octet === 0x7f ? 0xff : octet)),
    );
  });

  it.each([
    ['µ-law', encodePcmu, decodePcmu],
    ['A-law', encodePcma, decodePcma],
  ] as const)('%s keeps every sample within its step', (_name, encode, decode) => {
    for (let sample = -32_768; sample <= 32_767; sample += 7) {
      const back = decode(encode(Int16Array.of(sample)))[0] as number;
      expect(Math.abs(back - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16 + 8) + 132);
    }
  });

  it('transcodes by table as by way of linear samples', () => {
    expect(pcmuToPcma(allOctets)).toEqual(encodePcma(decodePcmu(allOctets)));
    expect(pcmaToPcmu(allOctets)).toEqual(encodePcmu(decodePcma(allOctets)));
  });
});
