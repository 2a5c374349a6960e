// After the messages of RFC 5118 §4.
import { describe, expect, it } from 'vitest';
import type { SipRequest } from './message.js';
import { parseMessage } from './parse.js';
import { SipUri } from './uri.js';

function register(uri: string, via = 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111', body = ''): SipRequest {
  const text = [
    `REGISTER ${uri} SIP/2.0`,
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=81x2',
    `Via: ${via}`,
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    'Contact: "Caller" <sip:caller@[2001:db8::1]>',
    'CSeq: 98176 REGISTER',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
  return parseMessage(new TextEncoder().encode(text)) as SipRequest;
}

describe('IPv6, RFC 5118', () => {
  it('§4.1 takes IPv6 references', () => {
    const request = register('sip:[2001:db8::10]');
    expect(request.uri).toMatchObject({ host: '[2001:db8::10]', port: undefined });
    expect(request.topVia).toMatchObject({ host: '[2001:db8::9:1]', port: undefined });
  });

  it('§4.2 refuses an address without brackets', () => {
    expect(() => register('sip:2001:db8::10')).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('§4.3 and §4.4 tell a port from the last group', () => {
    expect(register('sip:[2001:db8::10:5070]').uri).toMatchObject({ host: '[2001:db8::10:5070]', port: undefined });
    expect(register('sip:[2001:db8::10]:5070').uri).toMatchObject({ host: '[2001:db8::10]', port: 5070 });
  });

  it('§4.5 takes received with and without brackets', () => {
    for (const received of ['[2001:db8::9:255]', '2001:db8::9:255']) {
      const via = `SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111`;
      expect(register('sip:[2001:db8::10]', via).topVia.received).toBe('2001:db8::9:255');
    }
  });

  it('§4.7 takes both families side by side', () => {
    const via = 'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2';
    expect(register('sip:[2001:db8::10]', via).vias.map((v) => [v.host, v.port])).toEqual([
      ['[2001:db8::9:1]', 6050],
      ['192.0.2.1', undefined],
    ]);
  });

  it('§4.9 takes mapped addresses', () => {
    expect(SipUri.parse('sip:user@[::ffff:192.0.2.10]:19823').host).toBe('[::ffff:192.0.2.10]');
  });

  it('§4.10 takes the three colons that the ABNF of RFC 3261 makes', () => {
    expect(SipUri.parse('sip:user@[2001:db8:::192.0.2.1]').host).toBe('[2001:db8:::192.0.2.1]');
  });

  it('compares addresses in any case', () => {
    expect(SipUri.parse('sip:a@[2001:DB8::1]').equals(SipUri.parse('sip:a@[2001:db8::1]'))).toBe(true);
  });
});
