import { describe, expect, it } from 'vitest';
import { addressKind } from './address-rules.js';
import { targetOf } from './url-rules.js';

describe('addresses', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['64:ff9b::808:808', 'public'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['127.0.0.1', 'private'],
    ['127.255.255.254', 'private'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['198.18.0.1', 'private'],
    ['::1', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['::ffff:127.0.0.1', 'private'],
    ['::ffff:a00:1', 'private'],
    ['::127.0.0.1', 'private'],
    ['::ffff:0:127.0.0.1', 'private'],
    ['::ffff:0:a00:1', 'private'],
    ['::ffff:0:808:808', 'public'],
    ['64:ff9b::a00:1', 'private'],
    ['2002:7f00:1::', 'private'],
    ['169.254.169.254', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['::ffff:0:a9fe:a9fe', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['0.0.0.0', 'forbidden'],
    ['0.1.2.3', 'forbidden'],
    ['::', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['not-an-address', 'forbidden'],
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

describe('URLs', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]:8080/',
    'http://10.0.0.1:9000/hook',
    'https://192.168.0.1/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://crm.localhost/',
    'http://１２７.0.0.1/',
  ])('%s is refused where private addresses are not allowed, and allowed where they are', (url) => {
    expect(() => targetOf(url, false)).toThrow(expect.objectContaining({ problem: 'address-refused' }));
    expect(targetOf(url, true).origin).toMatch(/^https?:/);
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://2852039166/', 'http://[fd00:ec2::254]/', 'http://0/'])(
    '%s is refused always',
    (url) => {
      expect(() => targetOf(url, true)).toThrow(expect.objectContaining({ problem: 'address-refused' }));
    },
  );

  it.each([
    '',
    'crm.example',
    'ftp://crm.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://',
    'http://a b/',
    'http://crm.example:99999/',
    'http://crm.example:0/',
    'http://256.256.256.256/',
    `https://crm.example/${'x'.repeat(2_100)}`,
  ])('%s is none', (url) => {
    expect(() => targetOf(url, true)).toThrow(expect.objectContaining({ problem: 'bad-url', code: 'ERR_OUTBOUND' }));
  });

  it('moves credentials into a header and leaves the fragment behind', () => {
    const target = targetOf('https://us%40er:p%25w@crm.example/a/b?c=1#d', false);
    expect(target).toEqual({
      origin: 'https://crm.example',
      hostname: 'crm.example',
      hostPort: 'crm.example:443',
      path: '/a/b?c=1',
      authorization: `Basic ${Buffer.from('us@er:p%w').toString('base64')}`,
    });
  });
});
