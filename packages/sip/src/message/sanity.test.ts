import { describe, expect, it } from 'vitest';
import type { SipMessage } from './message.js';
import { parseMessage } from './parse.js';
import { checkSanity } from './sanity.js';

function message(startLine: string, method: string, fields: string[] = []): SipMessage {
  const head = [
    startLine,
    'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
    'From: <sip:a@h>;tag=1',
    'To: <sip:b@h>',
    'Call-ID: c',
    `CSeq: 1 ${method}`,
    ...fields,
  ];
  return parseMessage(
    new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n${fields.some((f) => /Type/.test(f)) ? 'x' : ''}`),
  );
}

const request = (method: string, fields: string[] = [], uri = 'sip:b@h') =>
  message(`${method} ${uri} SIP/2.0`, method, fields);
const response = (fields: string[] = []) => message('SIP/2.0 200 OK', 'INVITE', fields);

describe('checkSanity', () => {
  it('lets good messages pass', () => {
    expect(checkSanity(request('INVITE'))).toBeUndefined();
    expect(checkSanity(request('INVITE', [], 'tel:+911234'))).toBeUndefined();
    expect(checkSanity(response())).toBeUndefined();
  });

  it('answers 416 to schemes that are not served', () => {
    expect(checkSanity(request('OPTIONS', [], 'soap.beep://192.0.2.103:3002'))).toMatchObject({ status: 416 });
    expect(checkSanity(request('OPTIONS', [], 'tel:1'), { schemes: ['sip'] })).toMatchObject({ status: 416 });
  });

  it('names the extensions it does not know, except to ACK and CANCEL', () => {
    const fields = ['Require: timer, fancy', 'Require: Other', 'Proxy-Require: px'];
    expect(checkSanity(request('INVITE', fields), { supported: ['timer'] })).toMatchObject({
      status: 420,
      headers: [['Unsupported', 'fancy, Other']],
    });
    expect(checkSanity(request('INVITE', fields), { supported: ['timer'], forwards: true })).toMatchObject({
      headers: [['Unsupported', 'fancy, Other, px']],
    });
    expect(checkSanity(request('CANCEL', fields), { supported: [] })).toBeUndefined();
    expect(checkSanity(request('ACK', fields), { supported: [] })).toBeUndefined();
  });

  it('ends a loop where requests are forwarded', () => {
    expect(checkSanity(request('INVITE', ['Max-Forwards: 0']), { forwards: true })).toMatchObject({ status: 483 });
    expect(checkSanity(request('INVITE', ['Max-Forwards: 0']))).toBeUndefined();
  });

  it('says which bodies it reads and which methods it serves', () => {
    expect(checkSanity(request('INVITE', ['Content-Type: a/b']), { contentTypes: ['application/sdp'] })).toMatchObject({
      status: 415,
      headers: [['Accept', 'application/sdp']],
    });
    expect(checkSanity(request('FOO'), { methods: ['INVITE'] })).toMatchObject({
      status: 501,
      headers: [['Allow', 'INVITE']],
    });
  });

  it.each(['Contact: <sip:a@h', 'Route: sip:a@h?x=y', 'Record-Route: <sip:>'])(
    'refuses or drops what bears "%s"',
    (field) => {
      expect(checkSanity(request('INVITE', [field]))).toMatchObject({ status: 400 });
      expect(checkSanity(response([field]))).toBe('drop');
    },
  );

  it('lets a call end in spite of a bad Contact, and answers no ACK', () => {
    expect(checkSanity(request('BYE', ['Contact: <sip:a@h']))).toBeUndefined();
    expect(checkSanity(message('SIP/2.0 486 Busy Here', 'INVITE', ['Contact: <sip:a@h']))).toBeUndefined();
    expect(checkSanity(request('ACK', ['Route: <sip:']))).toBe('drop');
  });

  it('drops a response that has more than our Via', () => {
    expect(checkSanity(response(['Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKsaisdasdfdf']))).toBe('drop');
  });
});
