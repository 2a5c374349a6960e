import { describe, expect, it } from 'vitest';
import type { SipRequest } from './message.js';
import { parseMediaType, parseMultipart } from './multipart.js';
import { NameAddr } from './name-addr.js';
import { parseMessage } from './parse.js';
import { createRequest } from './requests.js';
import { createResponse } from './responses.js';
import { SipParseError } from './syntax-errors.js';
import { SipUri } from './uri.js';
import { Via } from './via.js';
import { writeMessage } from './write.js';

const ascii = (text: string) => new TextEncoder().encode(text);
const bob = NameAddr.parse('<sip:bob@example.com>');

function invite(headers: [string, string][] = [], body?: { type: string; content: string }): SipRequest {
  return createRequest({
    method: 'INVITE',
    uri: SipUri.parse('sip:bob@example.com'),
    from: NameAddr.parse('"A" <sip:alice@example.com>;tag=1'),
    to: bob,
    callId: 'call-1',
    cseq: 7,
    via: Via.parse('SIP/2.0/UDP h1;branch=z9hG4bK1'),
    headers,
    body,
  });
}

describe('SipMessage', () => {
  it('parses when asked, and again when the field was changed', () => {
    const request = invite();
    expect(request.from).toBe(request.from);
    expect(request.cseq).toEqual({ number: 7, method: 'INVITE' });
    request.headers.set('From', '<sip:carol@example.com>;tag=2');
    request.headers.set('CSeq', '8 INVITE');
    expect(request.from.tag).toBe('2');
    expect(request.cseq.number).toBe(8);
    expect(request.maxForwards).toBe(70);
  });

  it('reads Contact, Route and Record-Route over several fields', () => {
    const request = invite([
      ['Contact', '"x, y" <sip:a@h>'],
      ['Route', '<sip:p1;lr>, <sip:p2;lr>'],
      ['Route', '<sip:p3;lr>'],
      ['Record-Route', '<sip:r1;lr>'],
    ]);
    expect((request.contacts as NameAddr[]).map((c) => c.displayName)).toEqual(['x, y']);
    expect(request.routes.map((route) => route.uri.toString())).toEqual(['sip:p1;lr', 'sip:p2;lr', 'sip:p3;lr']);
    expect(request.recordRoutes).toHaveLength(1);
    expect(invite().contacts).toEqual([]);
    expect(invite([['Contact', ' * ']]).contacts).toBe('*');
    expect(() => invite([['Contact', '<sip:a@h>, *']]).contacts).toThrow(SipParseError);
  });

  it('replaces the top Via and leaves those below alone', () => {
    const request = invite();
    request.headers.set('Via', 'SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/UDP b;branch=z9hG4bKb');
    request.headers.add('Via', 'SIP/2.0/UDP c;branch=z9hG4bKc');
    request.replaceTopVia(request.topVia.withSource('192.0.2.9', 5060));
    expect(request.vias.map((via) => [via.host, via.received])).toEqual([
      ['a', '192.0.2.9'],
      ['b', undefined],
      ['c', undefined],
    ]);
  });

  it('counts the octets of the body when it is written', () => {
    const request = invite([['X-Name', 'Zoë']], { type: 'text/plain', content: 'Grüße' });
    const text = new TextDecoder().decode(writeMessage(request));
    expect(text).toContain('Content-Length: 7\r\n\r\nGrüße');
    const read = parseMessage(writeMessage(request));
    expect(read.bodyText).toBe('Grüße');
    expect(read.headers.get('X-Name')).toBe('Zoë');
    request.setBody(undefined);
    expect(request.contentType).toBeUndefined();
    expect(new TextDecoder().decode(writeMessage(request))).toMatch(/Content-Length: 0\r\n\r\n$/);
  });
});

describe('session descriptions', () => {
  const part = (type: string, text: string) => `--xx\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`;

  it('are the body', () => {
    const request = invite([], { type: 'Application/SDP;charset=utf-8', content: 'v=0\r\n' });
    expect(request.contentType).toBe('application/sdp');
    expect(request.sdp).toBe('v=0\r\n');
    expect(invite([], { type: 'text/plain', content: 'v=0' }).sdp).toBeUndefined();
    expect(invite().sdp).toBeUndefined();
  });

  it('are found inside of a multipart body, also a nested one', () => {
    const content = `preamble\r\n${part('application/isup', 'x')}${part('application/sdp', 'v=0\r\no=-')}--xx--\r\nepilogue`;
    expect(invite([], { type: 'multipart/mixed; boundary="xx"', content }).sdp).toBe('v=0\r\no=-');
    const nested = `--yy\r\nc: multipart/mixed;boundary=xx\r\n\r\n${content}\r\n--yy--`;
    expect(invite([], { type: 'multipart/alternative;boundary=yy', content: nested }).sdp).toBe('v=0\r\no=-');
  });

  it.each(['multipart/mixed', 'multipart/mixed;boundary=zz', 'multipart/mixed;boundary="'])(
    'are not found in %s',
    (type) => {
      expect(invite([], { type, content: `${part('application/sdp', 'v=0')}--xx--` }).sdp).toBeUndefined();
    },
  );

  it('keep binary parts as they are', () => {
    const body = new Uint8Array([...ascii('--b\r\nContent-Type: a/b\r\n\r\n'), 0, 255, 10, ...ascii('\r\n--b--')]);
    expect([...parseMultipart('multipart/mixed;boundary=b', body)[0]!.body]).toEqual([0, 255, 10]);
    expect(parseMediaType('text / plain ; x="y"')).toEqual({ type: 'text/plain', params: new Map([['x', 'y']]) });
    expect(parseMediaType('text')).toBeUndefined();
  });
});

describe('createResponse', () => {
  it('copies what RFC 3261 §8.2.6.2 names, and the route set when a dialog may come of it', () => {
    const request = invite([
      ['Record-Route', '<sip:p;lr>'],
      ['Timestamp', '54'],
    ]);
    request.headers.add('Via', 'SIP/2.0/UDP h2;branch=z9hG4bK2');
    const ok = createResponse(request, 200, { toTag: 'tt', headers: [['Contact', '<sip:me@h>']] });
    expect(ok.reason).toBe('OK');
    expect(ok.headers.all('Via')).toEqual(request.headers.all('Via'));
    expect(ok.headers.get('To')).toBe('<sip:bob@example.com>;tag=tt');
    expect([ok.callId, ok.headers.get('CSeq'), ok.from.tag]).toEqual(['call-1', '7 INVITE', '1']);
    expect(ok.recordRoutes).toHaveLength(1);
    expect(createResponse(request, 486, { toTag: 'tt' }).recordRoutes).toEqual([]);
    const trying = createResponse(request, 100, { toTag: 'tt' });
    expect([trying.to.tag, trying.headers.get('Timestamp')]).toEqual([undefined, '54']);
  });

  it('leaves the tag of a request inside a dialog alone', () => {
    const request = invite();
    request.headers.set('To', '<sip:bob@example.com>;tag=mine');
    expect(createResponse(request, 200, { toTag: 'other' }).to.tag).toBe('mine');
  });

  it('knows a phrase for each status', () => {
    expect(createResponse(invite(), 487).reason).toBe('Request Terminated');
    expect(createResponse(invite(), 499).reason).toBe('Bad Request');
    expect(createResponse(invite(), 499, { reason: 'Own Words' }).reason).toBe('Own Words');
  });

  it('refuses injected header fields', () => {
    expect(() => createResponse(invite(), 200, { headers: [['X-A', 'b\r\nVia: c']] })).toThrow(/CR, LF or NUL/);
    expect(() => writeMessage(createResponse(invite(), 200, { reason: 'OK\r\nX: y' }))).toThrow(/start line/);
  });
});
