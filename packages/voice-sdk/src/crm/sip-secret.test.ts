import { expect, it } from 'vitest';
import { decryptSipSecret } from './sip-secret.js';

it.each([
  ['s3cret-pass', '000102030405060708090a0b0c0d0e0f47b1d3951f87e0c3c29f94'],
  [
    'a-longer-password-over-16-bytes!',
    '000102030405060708090a0b0c0d0e0f55afdc881494a8c18e9c8653db27f83b94719ec3fb27a306b2921c2edc529d3d',
  ],
  [
    'a-longer-password-over-16-bytes!',
    '000102030405060708090A0B0C0D0E0F55AFDC881494A8C18E9C8653DB27F83B94719EC3FB27A306B2921C2EDC529D3D',
  ],
])('reads %s', (password, secret) => {
  expect(decryptSipSecret(secret)).toBe(password);
});

it.each(['', '00', '000102030405060708090a0b0c0d0e0f', 'not hexadecimal', `${'00'.repeat(16)}fffe`])(
  'refuses %j',
  (secret) => {
    expect(() => decryptSipSecret(secret)).toThrow(TypeError);
  },
);
