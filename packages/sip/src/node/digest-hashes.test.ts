import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestAlgorithms, hashHex } from '../auth/digest-hashes.js';
import { useNodeDigestHashes } from './digest-hashes.js';

describe('digest hashes of Node', () => {
  it('give what the portable ones give', () => {
    const portable = digestAlgorithms.map((algorithm) => hashHex(algorithm, 'Mufasa:Circle Of Life'));
    useNodeDigestHashes();
    expect(digestAlgorithms.map((algorithm) => hashHex(algorithm, 'Mufasa:Circle Of Life'))).toEqual(portable);
    expect(portable[1]).toBe(createHash('sha256').update('Mufasa:Circle Of Life').digest('hex'));
  });
});
