import { createHash, createHmac } from 'node:crypto';
import { hex } from '@intermix/kernel';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { constantTimeEqual, type DigestAlgorithm, hashHex, hmacSha256, setDigestHashes } from './digest-hashes.js';
import { digestHa1, digestResponse } from './digest-response.js';
import { md5 } from './hash-md5.js';
import { sha256 } from './hash-sha256.js';
import { sha512Half } from './hash-sha512-256.js';

const ascii = (text: string) => new TextEncoder().encode(text);

const portable = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512Half };

describe('hashes', () => {
  // Others of this process may have put in Node's.
  beforeAll(() => setDigestHashes(portable, () => undefined));

  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57edf4a22be3c955ac49da2e2107b67a',
    ],
  ])('MD5 of "%s", RFC 1321 A.5', (text, sum) => {
    expect(hex(md5(ascii(text)))).toBe(sum);
  });

  it('SHA-256 of RFC 6234 §8.5', () => {
    expect(hex(sha256(ascii('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('SHA-512/256 of the FIPS 180-4 example', () => {
    expect(hex(sha512Half(ascii('abc')))).toBe('53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23');
  });

  it('HMAC-SHA-256 of RFC 4231 §4.3 and §4.7', () => {
    expect(hex(hmacSha256(ascii('Jefe'), ascii('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(
      hex(hmacSha256(new Uint8Array(131).fill(0xaa), ascii('Test Using Larger Than Block-Size Key - Hash Key First'))),
    ).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
  });

  it('all agree with node:crypto on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 100 }), (data, key) => {
        expect(hex(md5(data))).toBe(createHash('md5').update(data).digest('hex'));
        expect(hex(sha256(data))).toBe(createHash('sha256').update(data).digest('hex'));
        expect(hex(sha512Half(data))).toBe(createHash('sha512-256').update(data).digest('hex'));
        expect(hex(hmacSha256(key, data))).toBe(createHmac('sha256', key).update(data).digest('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it('uses the implementation that was put in', () => {
    setDigestHashes({ MD5: () => Uint8Array.of(1, 2, 3) });
    try {
      expect(hashHex('MD5', 'x')).toBe('010203');
    } finally {
      setDigestHashes(portable);
    }
  });

  it('compares whole texts', () => {
    expect(constantTimeEqual('abc', 'abc')).toBe(true);
    expect(constantTimeEqual('abc', 'abd')).toBe(false);
    expect(constantTimeEqual('abc', 'abcd')).toBe(false);
  });
});

describe('digest response', () => {
  const mufasa = (algorithm: DigestAlgorithm, qop: 'auth' | undefined = 'auth') =>
    digestResponse({
      algorithm,
      isSession: false,
      ha1: digestHa1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life'),
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      method: 'GET',
      uri: '/dir/index.html',
      qop,
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      body: new Uint8Array(0),
    });

  it('is that of RFC 7616 §3.9.1', () => {
    expect(mufasa('MD5')).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(mufasa('SHA-256')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  it('covers the body with auth-int and the nonces with -sess', () => {
    const sha = (text: string) => createHash('md5').update(text).digest('hex');
    const ha1 = sha('u:r:p');
    const input = {
      algorithm: 'MD5',
      ha1,
      nonce: 'n',
      method: 'INVITE',
      uri: 'sip:x',
      nc: '00000001',
      cnonce: 'c',
    } as const;
    const body = ascii('v=0');
    expect(digestResponse({ ...input, isSession: true, qop: 'auth-int', body })).toBe(
      sha(`${sha(`${ha1}:n:c`)}:n:00000001:c:auth-int:${sha(`INVITE:sip:x:${sha('v=0')}`)}`),
    );
    expect(digestResponse({ ...input, isSession: false, qop: undefined, body })).toBe(
      sha(`${ha1}:n:${sha('INVITE:sip:x')}`),
    );
  });
});
