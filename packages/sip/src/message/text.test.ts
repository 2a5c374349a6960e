import { afterEach, describe, expect, it, vi } from 'vitest';

/** The module as a browser loads it: without Buffer. */
async function inBrowser(): Promise<typeof import('./text.js')> {
  vi.resetModules();
  vi.stubGlobal('Buffer', undefined);
  return import('./text.js');
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('text', () => {
  const every = Uint8Array.from({ length: 256 }, (_, octet) => octet);
  const long = Uint8Array.from({ length: 20_000 }, (_, at) => at % 251);

  it('reads octets in a browser as it does in Node', async () => {
    const node = await import('./text.js');
    const expected = [node.latin1(every), node.latin1(long, 3, 19_000), node.decodeUtf8(long)];
    const browser = await inBrowser();
    expect([browser.latin1(every), browser.latin1(long, 3, 19_000), browser.decodeUtf8(long)]).toEqual(expected);
  });

  it('reads UTF-8, keeps its byte order mark, and falls back to one character an octet', async () => {
    for (const { decodeUtf8, encodeUtf8 } of [await import('./text.js'), await inBrowser()]) {
      expect(decodeUtf8(encodeUtf8('\ufeffgrüß 📞'))).toBe('\ufeffgrüß 📞');
      expect(decodeUtf8(Uint8Array.of(0x80, 0x9f, 0xff))).toBe('\x80\x9f\xff');
      expect(decodeUtf8(encodeUtf8('aéb'), 1, 3)).toBe('é');
    }
  });
});
