import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestAlgorithms, hashHex, setDigestHashes } from '../auth/digest-hashes.js';
import { md5 } from '../auth/hash-md5.js';
import { sha256 } from '../auth/hash-sha256.js';
import { sha512Half } from '../auth/hash-sha512-256.js';
import { useNodeDigestHashes } from './digest-hashes.js';

describe('digest hashes of Node', () => {
  it('give what the portable ones give', () => {
    setDigestHashes({ MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512Half }, () => undefined);
    const portable = digestAlgorithms.map((algorithm) => hashHex(algorithm, 'Mufasa:Circle Of Life'));
    useNodeDigestHashes();
    expect(digestAlgorithms.map((algorithm) => hashHex(algorithm, 'Mufasa:Circle Of Life'))).toEqual(portable);
    expect(portable[1]).toBe(createHash('sha256').update('Mufasa:Circle Of Life').digest('hex'));
  });
});
