import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from './parse.js';
import { createParseErrorResponse } from './responses.js';
import { StreamFramer } from './stream-framer.js';
import { SipParseError } from './syntax-errors.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function message(body = '', contentLength = `Content-Length: ${body.length}\r\n`): string {
  return (
    'MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@a.example>;tag=1\r\n' +
    `To: <sip:bob@example.com>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n${contentLength}\r\n${body}`
  );
}

/** What a stream says, in short: `message:<body>`, `ping`, `pong`, `broken:<problem>`. */
function said(framer: StreamFramer, ...chunks: string[]): string[] {
  return chunks
    .flatMap((chunk) => framer.push(ascii(chunk)))
    .map((event) => {
      if (event.kind === 'message') return `message:${parseMessage(event.bytes, { stream: true }).bodyText}`;
      return event.kind === 'broken' ? `broken:${event.error.problem}` : event.kind;
    });
}

describe('StreamFramer', () => {
  it('cuts two messages out of one chunk', () => {
    expect(said(new StreamFramer(), message('one') + message('two'))).toEqual(['message:one', 'message:two']);
  });

  it('reads a ping that came in pieces', () => {
    expect(said(new StreamFramer(), '\r', '\n\r', '\n')).toEqual(['ping']);
  });

  it('never reads a pong as half a ping', () => {
    const framer = new StreamFramer();
    framer.pingSent();
    expect(said(framer, '\r\n')).toEqual(['pong']);
    framer.pingSent();
    expect(said(framer, '\r\n')).toEqual(['pong']);
    expect(said(framer, '\r\n\r\n')).toEqual(['ping']);
  });

  it('tells a ping of the peer that crosses ours from the pong', () => {
    const framer = new StreamFramer();
    framer.pingSent();
    expect(said(framer, '\r\n\r\n', '\r\n').sort()).toEqual(['ping', 'pong']);
  });

  it('leaves no lone CRLF in front of the next message', () => {
    const framer = new StreamFramer();
    expect(said(framer, '\r\n')).toEqual([]);
    expect(framer.pendingBytes).toBe(0);
    expect(said(framer, message('x'), '\r\n', '\r\n')).toEqual(['message:x', 'ping']);
  });

  it('forgets half a ping when a message comes', () => {
    expect(said(new StreamFramer(), '\r\n', message('x'), '\r\n')).toEqual(['message:x']);
  });

  it('takes any number of CRLFs at the beginning', () => {
    const events = said(new StreamFramer(), `${'\r\n'.repeat(7)}${message('x')}`);
    expect(events).toEqual(['ping', 'ping', 'ping', 'message:x']);
  });

  it('understands compact, folded and oddly written Content-Length', () => {
    for (const field of ['l: 3\r\n', 'CONTENT-LENGTH :\r\n  3\r\n', 'content-length:0003\r\n']) {
      expect(said(new StreamFramer(), message('abc', field) + message('d'))).toEqual(['message:abc', 'message:d']);
    }
  });

  it.each([
    ['missing', '', 'content-length'],
    ['negative', 'Content-Length: -1\r\n', 'content-length'],
    ['given twice', 'Content-Length: 1\r\nl: 2\r\n', 'content-length'],
    ['too large', 'Content-Length: 70000\r\n', 'message-length'],
    ['absurd', 'Content-Length: 99999999999999999999\r\n', 'content-length'],
  ])('gives up on a stream whose Content-Length is %s, and says what to answer', (_, field, problem) => {
    const framer = new StreamFramer();
    const [event, ...more] = framer.push(ascii(message('x', field) + message('y')));
    expect(more).toEqual([]);
    if (event?.kind !== 'broken') throw new Error('not broken');
    expect(event.error.problem).toBe(problem);
    expect(answerTo(event.head)).toBe(400);
    expect(said(framer, message('z'))).toEqual([]);
  });

  it('gives up on a head without an end', () => {
    const framer = new StreamFramer();
    const events = Array.from({ length: 70 }, () => said(framer, 'X: '.padEnd(1024, 'y'))).flat();
    expect(events).toEqual(['broken:message-length']);
    expect(framer.pendingBytes).toBe(0);
  });

  it('gives the same messages and keep-alives however the stream is split', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 40 }).map((body) => message(body, `Content-Length: ${ascii(body).length}\r\n`)),
      fc.constant('\r\n\r\n'),
      fc.constant('\r\n'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(2000), { maxLength: 12 }), (pieces, cuts) => {
        const stream = pieces.join('');
        const whole = said(new StreamFramer(), stream);
        const points = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
        // Only ASCII in the bodies' lengths matters here: strings are cut, then encoded.
        const chunks = [0, ...points].map((from, index) => stream.slice(from, points[index] ?? stream.length));
        expect(said(new StreamFramer(), ...chunks)).toEqual(whole);
        expect(whole.filter((event) => event.startsWith('message')).length).toBe(
          pieces.filter((one) => one.startsWith('MESSAGE')).length,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('takes 60 kB octet by octet', () => {
    const framer = new StreamFramer();
    const bytes = ascii(message('b'.repeat(60_000)));
    const events = [...bytes].flatMap((byte) => framer.push(Uint8Array.of(byte)));
    expect(events.map((event) => event.kind)).toEqual(['message']);
  });
});

function answerTo(head: Uint8Array): number | undefined {
  try {
    parseMessage(head, { stream: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return createParseErrorResponse(error)?.status;
  }
}
