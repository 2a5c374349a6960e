import { describe, expect, it } from 'vitest';
import { SipParseError } from './syntax-errors.js';
import { OtherUri, parseUri, SipUri } from './uri.js';

describe('SipUri', () => {
  it('takes a URI apart', () => {
    const uri = SipUri.parse('sips:alice:secret@Example.COM:5061;Transport=TCP;lr?Subject=x&Route=%3Csip:a%3E');
    expect(uri).toMatchObject({ scheme: 'sips', user: 'alice', password: 'secret', host: 'example.com', port: 5061 });
    expect([...uri.params]).toEqual([
      ['transport', 'TCP'],
      ['lr', undefined],
    ]);
    expect(uri.headers).toBe('Subject=x&Route=%3Csip:a%3E');
    expect(uri.transport).toBe('tcp');
    expect(uri.isLooseRouter).toBe(true);
  });

  it('unescapes once and prints what came', () => {
    const text = 'sip:sips%3Auser%40example.com@example.net;na%6De=v%25%34%31';
    const uri = SipUri.parse(text);
    expect(uri.user).toBe('sips:user@example.com');
    expect(uri.params.get('name')).toBe('v%41');
    expect(uri.toString()).toBe(text);
    expect(SipUri.parse('sip:a%00b@h').user).toBe('a\0b');
    expect(SipUri.parse('sip:J%C3%BCrgen@h').user).toBe('Jürgen');
    expect(SipUri.parse('sip:%FC@h').user).toBe('ü');
  });

  it('knows that ";" and "?" before "@" belong to the user', () => {
    expect(SipUri.parse('sip:user;par=u%40example.net@example.com')).toMatchObject({
      user: 'user;par=u@example.net',
      host: 'example.com',
    });
    expect(SipUri.parse('sip:a?b@h').user).toBe('a?b');
  });

  it.each([
    'sip:',
    'sip:@h',
    'sip::p@h',
    'sip:a@',
    'sip:a@b@c',
    'sip:a@h:',
    'sip:a@h:x',
    'sip:a@h:65536',
    'sip:a@h;=v',
    'sip:a%zz@h',
    'sip:a%4@h',
    'sip:a b@h',
    ' sip:a@h',
    'sip:a@h ',
    'sip:a@h\r\nX: y',
    'sip:a@[::1',
    'sip:a@::1',
    'sip:a@h>;<',
    'sip:a@"h"',
    'sip:a@h_!',
    'sip',
    '',
    ':',
    '1a:b',
    'tel:',
  ])('refuses "%s"', (text) => {
    expect(() => parseUri(text)).toThrow(SipParseError);
  });

  it('passes over empty parameters, and prints them as they came', () => {
    const uri = SipUri.parse('sip:a@h;;lr;');
    expect([...uri.params]).toEqual([['lr', undefined]]);
    expect(uri.toString()).toBe('sip:a@h;;lr;');
  });

  it('keeps other schemes as text', () => {
    const tel = parseUri('TEL:+91-80-1234;phone-context=+91');
    expect(tel).toBeInstanceOf(OtherUri);
    expect(tel.scheme).toBe('tel');
    expect(tel.toString()).toBe('TEL:+91-80-1234;phone-context=+91');
    expect(() => SipUri.parse('tel:1')).toThrow(SipParseError);
  });

  it('escapes what it is created from', () => {
    const uri = SipUri.create({
      user: '*31#a b@c:d;x',
      host: 'Example.com',
      port: 5070,
      params: [
        ['transport', 'ws'],
        ['lr', undefined],
        ['x', 'a;b=c'],
      ],
    });
    expect(uri.toString()).toBe('sip:*31%23a%20b%40c%3Ad;x@example.com:5070;transport=ws;lr;x=a%3Bb%3Dc');
    expect(SipUri.parse(uri.toString()).user).toBe('*31#a b@c:d;x');
    expect(SipUri.create({ host: '2001:db8::1' }).toString()).toBe('sip:[2001:db8::1]');
    expect(() => SipUri.create({ host: 'a b' })).toThrow(SipParseError);
    expect(() => SipUri.create({ host: 'h', port: 70_000 })).toThrow(SipParseError);
  });

  it('changes parts and leaves the letters of the others alone', () => {
    const uri = SipUri.parse('sip:%61lice@h:5060;x=%41?a=b');
    expect(uri.with({ host: 'other', port: undefined }).toString()).toBe('sip:%61lice@other;x=%41?a=b');
    expect(uri.with({ user: undefined, params: [], headers: '' }).toString()).toBe('sip:h:5060');
    expect(uri.with({ scheme: 'sips', user: 'bob' }).toString()).toBe('sips:bob@h:5060;x=%41?a=b');
  });

  // The examples of RFC 3261 §19.1.4.
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
  ])('%s equals %s', (a, b) => {
    expect(SipUri.parse(a).equals(SipUri.parse(b))).toBe(true);
    expect(SipUri.parse(b).equals(SipUri.parse(a))).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=off', 'sip:carol@chicago.com;security=on'],
    ['sip:bob@h', 'tel:bob'],
  ])('%s does not equal %s', (a, b) => {
    expect(parseUri(a).equals(parseUri(b))).toBe(false);
    expect(parseUri(b).equals(parseUri(a))).toBe(false);
  });
});
