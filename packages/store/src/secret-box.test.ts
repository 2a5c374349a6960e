import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashToken, SecretBox, tokenMatches } from './secret-box.js';

describe('SecretBox', () => {
  const key = randomBytes(32);
  const box = new SecretBox(key);

  it.each(['', 's3cret', 'पासवर्ड 😀'])('gives back %j, and never the same ciphertext', (text) => {
    const encrypted = box.encrypt(text);
    expect(box.decrypt(encrypted)).toBe(text);
    expect(new SecretBox(key).decrypt(encrypted)).toBe(text);
    expect(box.encrypt(text)).not.toBe(encrypted);
  });

  it('refuses what was changed, cut, of another key or of another form', () => {
    const encrypted = box.encrypt('s3cret');
    const bytes = Buffer.from(encrypted.slice(3), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const broken = [
      `v1:${bytes.toString('base64')}`,
      encrypted.slice(0, 20),
      encrypted.replace('v1', 'v2'),
      '',
      's3cret',
    ];
    for (const text of broken) expect(() => box.decrypt(text)).toThrow(/does not decrypt/);
    expect(() => new SecretBox(randomBytes(32)).decrypt(encrypted)).toThrow(/does not decrypt/);
  });
});

describe('token hashes', () => {
  it('are SHA-256, and match their token only', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(tokenMatches('abc', hashToken('abc'))).toBe(true);
    expect(tokenMatches('abd', hashToken('abc'))).toBe(false);
    expect(tokenMatches('abc', '')).toBe(false);
  });
});
