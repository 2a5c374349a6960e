import { expect, it } from 'vitest';
import { NetstringReader, netstring } from './netstring.js';

it('reads back what it wrote, however the stream is cut', () => {
  const stream = Buffer.concat([netstring('{"a":1}'), netstring(''), netstring('größer')]);
  for (const size of [1, 3, 7, stream.length]) {
    const texts: string[] = [];
    const reader = new NetstringReader((text) => texts.push(text));
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    expect(texts).toEqual(['{"a":1}', '', 'größer']);
  }
});

it('refuses a stream of another kind', () => {
  expect(() => new NetstringReader(() => undefined).push(Buffer.from('HTTP/1.1 200: OK'))).toThrow(/netstrings/);
});
