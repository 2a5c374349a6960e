import { expect, it } from 'vitest';
import { encryptSipSecret } from './sip-secret.js';

const iv = Uint8Array.from({ length: 16 }, (_, index) => index);

it.each([
  ['s3cret-pass', '000102030405060708090a0b0c0d0e0f47b1d3951f87e0c3c29f94'],
  [
    'a-longer-password-over-16-bytes!',
    '000102030405060708090a0b0c0d0e0f55afdc881494a8c18e9c8653db27f83b94719ec3fb27a306b2921c2edc529d3d',
  ],
])('writes %s as the vendor’s SDK reads it', (password, secret) => {
  expect(encryptSipSecret(password, iv)).toBe(secret);
});
