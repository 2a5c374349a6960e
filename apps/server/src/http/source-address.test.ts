import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { sourceAddressOf } from './source-address.js';

const from = (remoteAddress: string, forwardedFor?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor } }) as unknown as IncomingMessage;

it.each([
  ['whoever connects', undefined, '203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['whoever connects, by a socket of IPv6', undefined, '::ffff:203.0.113.5', undefined, '203.0.113.5'],
  ['whoever connects and is no proxy of ours', ['10.0.0.1'], '203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['who came to the proxy', ['10.0.0.1'], '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  [
    'the last that is no proxy, whatever was written before it',
    ['10.0.0.0/8'],
    '10.0.0.1',
    '1.1.1.1, 198.51.100.1, 10.9.9.9',
    '198.51.100.1',
  ],
  ['a network of IPv6', ['2001:db8::/32'], '2001:db8::1', '2001:4860::5', '2001:4860::5'],
  ['the proxy, when it names nobody', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
  ['the proxy, when it names no address', ['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
])('is %s', (_, proxies, remote, forwarded, source) => {
  expect(sourceAddressOf(proxies)(from(remote, forwarded))).toBe(source);
});
