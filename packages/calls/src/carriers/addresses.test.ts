import { describe, expect, it } from 'vitest';
import { AddressList } from './address-list.js';
import { parseHostPort } from './carrier-address.js';

describe('AddressList', () => {
  it('knows addresses and ranges of both families, and says what it cannot read', () => {
    const list = new AddressList(['203.0.113.5', '198.51.100.0/24', '2001:db8::/32', 'carrier.test', '10.0.0.0/40']);
    expect(list.invalid).toEqual(['carrier.test', '10.0.0.0/40']);
    const known = ['203.0.113.5', '198.51.100.200', '2001:db8::7', '[2001:db8::7]', '::ffff:203.0.113.5'];
    expect(known.map((address) => list.has(address))).toEqual(known.map(() => true));
    expect(['203.0.113.6', '198.51.101.1', '2001:db9::7', 'x'].some((address) => list.has(address))).toBe(false);
  });

  it('answers alike when it is asked again, however many other hosts asked between', () => {
    const list = new AddressList(['203.0.113.0/24']);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1_500; i++) expect(list.has(`10.0.${i >> 8}.${i & 255}`)).toBe(false);
      expect([list.has('203.0.113.9'), list.has('203.0.113.9')]).toEqual([true, true]);
    }
  });
});

it.each([
  ['203.0.113.5:5070', { host: '203.0.113.5', port: 5070 }],
  ['Carrier.Example', { host: 'carrier.example', port: undefined }],
  ['[2001:db8::1]:5060', { host: '[2001:db8::1]', port: 5060 }],
  ['2001:db8::1', { host: '[2001:db8::1]', port: undefined }],
  ['host:0', undefined],
  ['host:99999', undefined],
  ['a b', undefined],
])('the address %s is read as %j', (text, expected) => {
  expect(parseHostPort(text)).toEqual(expected);
});
