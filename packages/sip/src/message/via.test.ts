import { describe, expect, it } from 'vitest';
import { SipHeaderError, SipParseError } from './syntax-errors.js';
import { branchOf, Via } from './via.js';

describe('Via', () => {
  it('reads white space where RFC 3261 lets it stand', () => {
    const via = Via.parse('SIP / 2.0 / udp   First.Example.COM : 4000 ;ttl=16 ; branch = z9hG4bKa7c6a8dlze.1');
    expect(via).toMatchObject({
      protocol: 'UDP',
      host: 'first.example.com',
      port: 4000,
      branch: 'z9hG4bKa7c6a8dlze.1',
    });
    expect(via.params.get('ttl')).toBe('16');
  });

  it('tells an empty rport from a filled and from none', () => {
    const asked = Via.parse('SIP/2.0/UDP h;rport;branch=z9hG4bK1');
    expect([asked.wantsRport, asked.rport]).toEqual([true, undefined]);
    const filled = asked.withSource('192.0.2.1', 5062);
    expect([filled.received, filled.rport]).toEqual(['192.0.2.1', 5062]);
    expect(filled.toString()).toBe('SIP/2.0/UDP h;rport=5062;branch=z9hG4bK1;received=192.0.2.1');
    const unasked = Via.parse('SIP/2.0/UDP h;branch=z9hG4bK1').withSource('192.0.2.1', 5062);
    expect([unasked.wantsRport, unasked.received]).toEqual([false, '192.0.2.1']);
  });

  it('knows which branches identify a transaction', () => {
    const branch = (value: string) => branchOf(Via.parse(`SIP/2.0/UDP h${value}`));
    expect(branch(';branch=z9hG4bKx')).toBe('z9hG4bKx');
    expect(branch(';branch=Z9HG4BKx')).toBe('Z9HG4BKx');
    expect(branch(';branch=z9hG4bK')).toBeUndefined();
    expect(branch(';branch=390skdjuw')).toBeUndefined();
    expect(branch('')).toBeUndefined();
  });

  it.each([
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    'SIP/3.0/UDP h',
    'HTTP/1.1/TCP h',
    'SIP/2.0/UDP h;;',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h:70000',
    'SIP/2.0/UDP h h',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP [::1;x',
    'SIP/2.0/UDP h;branch=a;branch=b',
    '',
    'SIP/2.0/UDP h;branch="z',
    'SIP/2.0/UDP a@h',
  ])('refuses %j', (text) => {
    expect(() => Via.parse(text)).toThrow(SipParseError);
  });

  it('is created with an IPv6 host in brackets', () => {
    expect(
      Via.create({ protocol: 'TCP', host: '2001:DB8::1', port: 5060, params: [['rport', undefined]] }).toString(),
    ).toBe('SIP/2.0/TCP [2001:db8::1]:5060;rport');
    expect(() => Via.create({ protocol: 'TCP', host: 'a\r\nb' })).toThrow(SipHeaderError);
    expect(() => Via.create({ protocol: 'TCP', host: 'a:5060' })).toThrow(SipHeaderError);
  });
});
