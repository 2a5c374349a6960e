import { describe, expect, it } from 'vitest';
import { NameAddr } from './name-addr.js';
import { SipHeaderError, SipParseError } from './syntax-errors.js';
import { SipUri } from './uri.js';

const uri = SipUri.parse('sip:bob@example.com');

describe('NameAddr', () => {
  it.each([
    ['"Bob \\"B\\" \\\\" <sip:bob@example.com>', 'Bob "B" \\'],
    ['Bob the  Builder <sip:bob@example.com>', 'Bob the  Builder'],
    ['caller<sip:bob@example.com>', 'caller'],
    ['Bob (home) <sip:bob@example.com>', 'Bob (home)'],
    ['"" <sip:bob@example.com>', undefined],
    ['<sip:bob@example.com>', undefined],
    ['sip:bob@example.com', undefined],
    ['"é, <x>; 日本" <sip:bob@example.com>', 'é, <x>; 日本'],
    ['"a\\\0b" <sip:bob@example.com>', 'ab'],
  ])('reads the display name of %s', (text, name) => {
    const address = NameAddr.parse(text);
    expect(address.displayName).toBe(name);
    expect(address.uri.equals(uri)).toBe(true);
    expect(address.toString()).toBe(text);
  });

  it('gives parameters to the header without brackets and to the URI inside of them', () => {
    const bare = NameAddr.parse('sip:+19725552222@gw1.example.net;unknownparam');
    expect(bare.params.has('unknownparam')).toBe(true);
    expect((bare.uri as SipUri).params.size).toBe(0);
    const bracketed = NameAddr.parse('<sip:a@h;unknownparam>;tag=1');
    expect((bracketed.uri as SipUri).params.has('unknownparam')).toBe(true);
    expect(bracketed.tag).toBe('1');
  });

  it('unquotes parameter values', () => {
    const contact = NameAddr.parse('<sip:a@h>;+sip.instance="<urn:uuid:1>";reg-id=1 ; q = 0.5');
    expect([...contact.params]).toEqual([
      ['+sip.instance', '<urn:uuid:1>'],
      ['reg-id', '1'],
      ['q', '0.5'],
    ]);
    expect(contact.withParams(contact.params).toString()).toBe('<sip:a@h>;+sip.instance="<urn:uuid:1>";reg-id=1;q=0.5');
    expect(NameAddr.parse('sip:a@h;x="<"').params.get('x')).toBe('<');
  });

  it('quotes afresh what it changed', () => {
    const address = NameAddr.parse('Bob <sip:bob@example.com>;TAG=old');
    expect(address.tag).toBe('old');
    expect(address.withTag('new').toString()).toBe('"Bob" <sip:bob@example.com>;tag=new');
    expect(address.withTag(undefined).toString()).toBe('"Bob" <sip:bob@example.com>');
    const tricky = NameAddr.create({ displayName: 'a "quoted" \\ end\\', uri });
    expect(NameAddr.parse(tricky.toString()).displayName).toBe('a "quoted" \\ end\\');
  });

  it.each(['a\r\nVia: x', 'a\nb', 'a\rb', 'a\0b'])(
    'refuses to create a display name with a break in it',
    (displayName) => {
      expect(() => NameAddr.create({ displayName, uri })).toThrow(SipHeaderError);
      expect(() => NameAddr.create({ uri, params: [['x', displayName]] })).toThrow(SipHeaderError);
      expect(() => NameAddr.create({ uri, params: [[displayName, 'x']] })).toThrow(SipHeaderError);
    },
  );

  it.each([
    '"Mr. J. User <sip:j.user@example.com>',
    '"dangling\\" <sip:a@h>',
    '"dangling\\',
    'Bell, Alexander <sip:a@h>',
    '< sip:a@h >',
    '<sip:a@h',
    'sip:a@h>',
    '"x" sip:a@h',
    '<sip:>;sip:;',
    '',
    '<>',
    '<sip:a@h>;',
    '<sip:a@h>;;',
    '<sip:a@h>;x=',
    '<sip:a@h> junk',
    'sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    '<sip:a@h>;tag=1;tag=2',
    'a"b <sip:a@h>',
    '"x"',
    '<sip:a@h>, <sip:b@h>',
    'a\tb\u0001 <sip:a@h>',
  ])('refuses %j', (text) => {
    expect(() => NameAddr.parse(text)).toThrow(SipParseError);
  });
});
