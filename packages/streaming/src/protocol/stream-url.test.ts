import { describe, expect, it } from 'vitest';
import { checkCustomParameters, parseStreamUrl, sampleRateOf } from './stream-url.js';

describe('the URL of a stream', () => {
  it('tells the rate in either spelling, and custom parameters; credentials are not shown', () => {
    const url = parseStreamUrl('wss://key:token@bot.example/calls?sample-rate=16000&lang=hi&plan=gold');
    expect(url).toEqual({
      isLookup: false,
      shown: 'wss://bot.example/calls?sample-rate=16000&lang=hi&plan=gold',
      sampleRate: 16_000,
      binary: false,
      customParameters: { lang: 'hi', plan: 'gold' },
    });
    expect(parseStreamUrl('ws://bot.example/?sample_rate=24000').sampleRate).toBe(24_000);
    expect(parseStreamUrl('wss://bot.example/')).toMatchObject({ sampleRate: undefined, customParameters: {} });
    expect(parseStreamUrl('wss://bot.example/?intermix-binary=1')).toMatchObject({
      binary: true,
      customParameters: {},
    });
  });

  it('may be one that is asked for the WebSocket first', () => {
    expect(parseStreamUrl('https://bot.example/route').isLookup).toBe(true);
  });

  it('delivers three custom parameters, of 256 characters together', () => {
    expect(parseStreamUrl('wss://b.example/?a=1&b=2&c=3&d=4').customParameters).toEqual({ a: '1', b: '2', c: '3' });
    expect(parseStreamUrl(`wss://b.example/?a=1&b=${'x'.repeat(255)}`).customParameters).toEqual({ a: '1' });
    expect(parseStreamUrl('wss://b.example/?__proto__=1').customParameters).toEqual(
      Object.defineProperty({}, '__proto__', { value: '1', enumerable: true }),
    );
  });

  it.each([
    ['bad-url', ''],
    ['bad-url', 'bot.example'],
    ['bad-url', 'ftp://bot.example/'],
    ['bad-url', 'wss://'],
    ['bad-url', `wss://bot.example/${'x'.repeat(590)}`],
    ['bad-sample-rate', 'wss://bot.example/?sample-rate=44100'],
    ['bad-sample-rate', 'wss://bot.example/?sample-rate='],
    ['bad-sample-rate', 'wss://bot.example/?sample_rate=fast'],
  ])('is refused as %s: %.60s', (problem, text) => {
    expect(() => parseStreamUrl(text)).toThrow(expect.objectContaining({ code: 'ERR_STREAM', problem }));
  });
});

it('checks parameters that do not stand in a URL, and rates', () => {
  const bad = expect.objectContaining({ problem: 'bad-parameters' });
  checkCustomParameters({ a: '1', b: '2', c: 'x'.repeat(251) });
  expect(() => checkCustomParameters({ a: '1', b: '2', c: '3', d: '4' })).toThrow(bad);
  expect(() => checkCustomParameters({ a: 'x'.repeat(256) })).toThrow(bad);
  expect(sampleRateOf('24000')).toBe(24_000);
  expect(() => sampleRateOf(11_025)).toThrow(expect.objectContaining({ problem: 'bad-sample-rate' }));
});
