import { describe, expect, it } from 'vitest';
import { limits } from './limits.js';
import { SipRequest, SipResponse } from './message.js';
import { parseMessage } from './parse.js';
import { createParseErrorResponse } from './responses.js';
import { SipParseError } from './syntax-errors.js';
import { writeMessage } from './write.js';

const bytes = (text: string) => new TextEncoder().encode(text);

const basic: [string, string][] = [
  ['Via', 'SIP/2.0/UDP host;branch=z9hG4bK1;rport'],
  ['Max-Forwards', '70'],
  ['From', '<sip:alice@example.com>;tag=1'],
  ['To', '<sip:bob@example.com>'],
  ['Call-ID', 'c1'],
  ['CSeq', '1 OPTIONS'],
  ['Content-Length', '0'],
];

/** An OPTIONS in which some fields are replaced (several values), or with undefined left out. */
function options(changes: Record<string, string | string[] | undefined> = {}, body = ''): string {
  const fields = new Map<string, string | string[] | undefined>([...basic, ...Object.entries(changes)]);
  const lines = [...fields].flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((v) => `${name}: ${v}\r\n`),
  );
  return `OPTIONS sip:bob@example.com SIP/2.0\r\n${lines.join('')}\r\n${body}`;
}

function errorOf(text: string, parseOptions?: { stream: boolean }): SipParseError {
  try {
    parseMessage(bytes(text), parseOptions);
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseMessage', () => {
  it('reads a request', () => {
    const request = parseMessage(bytes(options()));
    expect(request).toBeInstanceOf(SipRequest);
    expect(request).toMatchObject({
      method: 'OPTIONS',
      maxForwards: 70,
      callId: 'c1',
      cseq: { number: 1, method: 'OPTIONS' },
    });
    expect(request.topVia.wantsRport).toBe(true);
  });

  it('reads a response, also one without a space after its status', () => {
    const text = options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 486 Besetzt – später');
    expect(parseMessage(bytes(text))).toMatchObject({ status: 486, reason: 'Besetzt – später' });
    const bare = parseMessage(bytes(options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 200')));
    expect(bare).toBeInstanceOf(SipResponse);
    expect((bare as SipResponse).reason).toBe('');
  });

  it('passes over CRLFs in front and octets behind', () => {
    const message = parseMessage(bytes(`\r\n\r\n${options({ 'Content-Length': '2' }, 'abINVITE sip:x')}`));
    expect(message.bodyText).toBe('ab');
  });

  it('takes the rest of a datagram when Content-Length is missing, but not of a stream', () => {
    expect(parseMessage(bytes(options({ 'Content-Length': undefined }, 'abc'))).bodyText).toBe('abc');
    expect(errorOf(options({ 'Content-Length': undefined }), { stream: true })).toMatchObject({
      status: 400,
      problem: 'content-length',
    });
  });

  it('reads Latin-1 names of phones that know no UTF-8', () => {
    const text = Buffer.from(options({ From: '"J\u00fcrgen" <sip:a@h>;tag=1' }), 'latin1');
    expect(parseMessage(text).from.displayName).toBe('J\u00fcrgen');
    expect(parseMessage(writeMessage(parseMessage(text))).from.displayName).toBe('J\u00fcrgen');
  });

  it.each<[string, string, number, string]>([
    ['two Call-IDs', options({ 'Call-ID': ['a', 'b'] }), 400, 'call-id'],
    ['one Call-ID twice, once compact', options().replace('Call-ID: c1', 'Call-ID: c1\r\ni: c1'), 400, 'call-id'],
    ['two Content-Lengths', options({ 'Content-Length': ['0', '1'] }), 400, 'content-length'],
    ['the same Content-Length twice', options({ 'Content-Length': ['0', '0'] }), 400, 'content-length'],
    ['a negative Content-Length', options({ 'Content-Length': '-999' }), 400, 'content-length'],
    ['a Content-Length above the body', options({ 'Content-Length': '9999' }), 400, 'content-length'],
    ['a Content-Length in hex', options({ 'Content-Length': '0x0' }), 400, 'content-length'],
    ['CSeq 2^31', options({ CSeq: '2147483648 OPTIONS' }), 400, 'cseq'],
    ['CSeq 2^65', options({ CSeq: '36893488147419103232 OPTIONS' }), 400, 'cseq'],
    ['CSeq of another method', options({ CSeq: '1 INVITE' }), 400, 'cseq'],
    ['CSeq in other case', options({ CSeq: '1 options' }), 400, 'cseq'],
    ['CSeq without a method', options({ CSeq: '1' }), 400, 'cseq'],
    ['no Via', options({ Via: undefined }), 400, 'via'],
    ['an empty Via', options({ Via: '' }), 400, 'via'],
    ['a Via with empty parameters', options({ Via: 'SIP/2.0/UDP 192.0.2.15;;,;,,' }), 400, 'via'],
    ['no From', options({ From: undefined }), 400, 'from'],
    ['no To', options({ To: undefined }), 400, 'to'],
    ['two From', options({ From: ['<sip:a@h>;tag=1', '<sip:b@h>;tag=2'] }), 400, 'from'],
    ['two addresses in From', options({ From: '<sip:a@h>;tag=1, <sip:b@h>' }), 400, 'from'],
    ['two tags', options({ From: '<sip:a@h>;tag=1;tag=2' }), 400, 'from'],
    ['an open quote', options({ To: '"Mr. J. User <sip:j.user@example.com>' }), 400, 'to'],
    ['<sip:>;sip:;', options({ From: '<sip:>;sip:;' }), 400, 'uri'],
    ['no Call-ID', options({ 'Call-ID': undefined }), 400, 'call-id'],
    ['an empty Call-ID', options({ 'Call-ID': '' }), 400, 'call-id'],
    ['Max-Forwards 256', options({ 'Max-Forwards': '256' }), 400, 'max-forwards'],
    ['Max-Forwards in words', options({ 'Max-Forwards': 'ten' }), 400, 'max-forwards'],
    ['a line that is no field', options().replace('Max-Forwards: 70', 'Max-Forwards 70'), 400, 'header'],
    ['a lone LF in a value', options({ 'X-A': 'b\nVia: c' }), 400, 'line-break'],
    ['a NUL in a Via', options({ Via: ['SIP/2.0/UDP h;branch=z9hG4bK1', 'SIP/2.0/UDP x;y="\0"'] }), 400, 'via'],
    ['a lone CR in a value', options({ 'X-A': 'b\rVia: c' }), 400, 'line-break'],
    ['SIP/3.0', options().replace('SIP/2.0\r', 'SIP/3.0\r'), 505, 'version'],
    ['no version', options().replace(' SIP/2.0\r', '\r'), 400, 'start-line'],
    [
      'a Request-URI in brackets',
      options().replace('sip:bob@example.com SIP', '<sip:bob@example.com> SIP'),
      400,
      'request-uri',
    ],
    [
      'headers in the Request-URI',
      options().replace('example.com SIP', 'example.com?Route=%3Csip:x%3E SIP'),
      400,
      'request-uri',
    ],
    ['white space in the Request-URI', options().replace('example.com SIP', 'example.com; lr SIP'), 400, 'request-uri'],
    ['a Request-URI of 5 kB', options().replace('bob@', `${'b'.repeat(5000)}@`), 414, 'request-uri'],
    ['a header field of 17 kB', options({ 'X-A': 'y'.repeat(17_000) }), 513, 'header-length'],
    ['201 header fields', options({ 'X-A': Array.from({ length: 201 }, () => 'b') }), 513, 'header-count'],
    [
      '101 Vias',
      options({ Via: Array.from({ length: 101 }, () => 'SIP/2.0/UDP h;branch=z9hG4bK1').join(',') }),
      513,
      'via-count',
    ],
    ['70 kB', options({ 'Content-Length': '70000' }, 'x'.repeat(70_000)), 513, 'message-length'],
    ['no empty line', options().slice(0, -2), 400, 'head-end'],
  ])('refuses %s and tells how to answer', (_, text, status, problem) => {
    expect(errorOf(text)).toMatchObject({ status, problem });
  });

  it('answers a refused request with what could be read of it', () => {
    const error = errorOf(options({ CSeq: '1 INVITE' }));
    const response = createParseErrorResponse(error)!;
    const read = parseMessage(writeMessage(response));
    expect(read).toMatchObject({ status: 400, reason: 'Bad Request', callId: 'c1' });
    expect(read.topVia.branch).toBe('z9hG4bK1');
    expect(read.from.tag).toBe('1');
  });

  it('answers neither a response, nor an ACK, nor noise, nor what has no Via', () => {
    const unanswered = [
      options({ CSeq: 'x' }).replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 200 OK'),
      options({ CSeq: 'x' }).replace(/OPTIONS sip/, 'ACK sip'),
      options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 4294967301 better not break the receiver'),
      options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 099 low'),
      options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/2.0 700 high'),
      options().replace('OPTIONS sip:bob@example.com SIP/2.0', 'SIP/7.0 200 OK'),
      options({ Via: undefined }),
      '\r\n\r\n',
      '',
      '\0\0\0\0',
      'jaK',
    ];
    for (const text of unanswered) expect(createParseErrorResponse(errorOf(text))).toBeUndefined();
  });

  it('takes 100 Vias, 200 fields, and a field of 16 kB', () => {
    const vias = Array.from({ length: limits.viaCount }, () => 'SIP/2.0/UDP h;branch=z9hG4bK1');
    const extra = Array.from({ length: 200 - vias.length - 7 }, () => 'b');
    const message = parseMessage(bytes(options({ Via: vias, 'X-A': extra, 'X-Long': 'y'.repeat(16_000) })));
    expect(message.vias).toHaveLength(100);
  });

  it('unfolds a line that was folded in two thousand places', () => {
    const folded = Array.from({ length: 2_000 }, (_, index) => `${index}`).join('\r\n ');
    expect(parseMessage(bytes(options({ Subject: folded }))).headers.get('Subject')).toBe(
      folded.replaceAll('\r\n', ''),
    );
  });
});
