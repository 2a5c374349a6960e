import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthValues } from '../auth/auth-values.js';
import { type SipMessage, SipRequest, type SipResponse } from './message.js';
import { parseMultipart } from './multipart.js';
import { NameAddr } from './name-addr.js';
import { parseMessage } from './parse.js';
import { createRequest } from './requests.js';
import { createResponse } from './responses.js';
import { checkSanity } from './sanity.js';
import { SipParseError } from './syntax-errors.js';
import { parseUri, SipUri } from './uri.js';
import { Via } from './via.js';
import { writeMessage } from './write.js';

const runs = { numRuns: 300 };
/** Text that Unicode can encode; lone surrogates cannot be written to any wire. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const plain = text.map((t) => t.replace(/[\r\n\0]/g, ''));
const token = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,12}$/);
const paramList = fc
  .uniqueArray(fc.tuple(token, fc.option(plain, { nil: undefined })), {
    maxLength: 4,
    selector: ([name]) => name.toLowerCase(),
  })
  .map((params) => params.map(([name, value]) => [name.toLowerCase(), value] as const));
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip}]`),
);
const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
const sipUri = fc
  .record({ scheme: fc.constantFrom('sip' as const, 'sips' as const), user: text, host, port, params: paramList })
  .map((parts) => SipUri.create(parts));
const nameAddr = fc
  .record({ displayName: plain, uri: sipUri, params: paramList })
  .map((parts) => NameAddr.create({ ...parts, params: parts.params.filter(([name]) => name !== 'tag') }));

/** Trimmed header text, as `Headers` keeps it. */
const headerValue = plain.map((value) => value.trim());
const request = fc
  .record({
    method: fc.oneof(fc.constantFrom('INVITE', 'REGISTER', 'OPTIONS'), token),
    uri: sipUri,
    from: nameAddr.map((address) => address.withTag('f1')),
    to: nameAddr,
    callId: token,
    cseq: fc.nat(2 ** 31 - 1),
    via: fc
      .record({ protocol: fc.constantFrom('UDP', 'WSS'), host, port, params: paramList })
      .map((parts) => Via.create(parts)),
    headers: fc.array(
      fc.tuple(
        token.map((name) => `X-${name}`),
        headerValue,
      ),
      { maxLength: 5 },
    ),
    body: fc.option(
      fc.record({ type: fc.constant('application/octet-stream'), content: fc.uint8Array({ maxLength: 60 }) }),
      { nil: undefined },
    ),
  })
  .map((parts) => createRequest(parts));

function contents(message: SipMessage): unknown {
  const start =
    message instanceof SipRequest
      ? [message.method, message.uri.toString()]
      : [(message as SipResponse).status, (message as SipResponse).reason];
  return [start, [...message.headers].filter(([name]) => name !== 'Content-Length'), [...message.body]];
}

describe('what is written', () => {
  it('is read back the same: URIs', () => {
    fc.assert(
      fc.property(sipUri, (uri) => {
        const read = SipUri.parse(uri.toString());
        expect([read.user ?? '', read.host, read.port, [...read.params]]).toEqual([
          uri.user ?? '',
          uri.host,
          uri.port,
          [...uri.params],
        ]);
        expect(read.equals(uri)).toBe(true);
      }),
      runs,
    );
  });

  it('is read back the same: name-addrs', () => {
    fc.assert(
      fc.property(nameAddr, (address) => {
        const read = NameAddr.parse(address.toString());
        expect([read.displayName, [...read.params]]).toEqual([address.displayName, [...address.params]]);
        expect(read.uri.equals(address.uri)).toBe(true);
      }),
      runs,
    );
  });

  it('is read back the same: requests, and the responses to them', () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 100, max: 699 }), plain, (sent, status, reason) => {
        const got = parseMessage(writeMessage(sent)) as SipRequest;
        expect(contents(got)).toEqual(contents(sent));
        const response = createResponse(got, status, {
          toTag: 'x',
          reason,
          body: { type: 'text/plain', content: reason },
        });
        expect(contents(parseMessage(writeMessage(response), { stream: true }))).toEqual(contents(response));
      }),
      runs,
    );
  });
});

const folder = new URL('../../testdata/rfc4475/', import.meta.url);
const seeds = (
  JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as { messages: { file: string }[] }
).messages.map(({ file }) => new Uint8Array(readFileSync(new URL(file, folder))));

/** Everything that a careless user may do with octets from the wire. */
function handle(bytes: Uint8Array): void {
  tolerate(() => {
    const message = parseMessage(bytes);
    checkSanity(message);
    message.sdp;
    for (const read of [() => message.contacts, () => message.routes, () => message.vias, () => message.recordRoutes])
      tolerate(read);
    if (message instanceof SipRequest) writeMessage(createResponse(message, 200, { toTag: 't' }));
    parseMessage(writeMessage(message));
  });
}

function tolerate(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
  }
}

describe('octets from anywhere', () => {
  it('give a message or a SipParseError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => handle(bytes)),
      runs,
    );
  });

  it('give a message or a SipParseError also when they are nearly a message', () => {
    const edit = fc.tuple(
      fc.nat(3000),
      fc.constantFrom('', ',', ';', '"', '<', '>', '\r\n', '\r\n ', '\\', '%', '=', ':', '\0', 'é', '[', '@'),
      fc.nat(8),
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 }), (seed, edits) => {
        let bytes = Buffer.from(seed);
        for (const [at, insert, remove] of edits) {
          const from = at % (bytes.length + 1);
          bytes = Buffer.concat([
            bytes.subarray(0, from),
            Buffer.from(insert),
            bytes.subarray(Math.min(bytes.length, from + remove)),
          ]);
        }
        handle(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('give a value or a SipParseError in each value parser', () => {
    const syntax = fc.string({ unit: fc.constantFrom(...'sip:@;=?,<>"\\ \t[]%41aZ.*/-\0é'.split('')), maxLength: 60 });
    fc.assert(
      fc.property(syntax, (value) => {
        for (const parse of [parseUri, NameAddr.parse, Via.parse, parseAuthValues]) tolerate(() => parse(value));
        tolerate(() => NameAddr.parse(`<sip:${value}>`));
        tolerate(() => parseAuthValues(`Digest ${value}`));
        expect(() =>
          parseMultipart(`multipart/mixed;boundary=${value}`, new TextEncoder().encode(value)),
        ).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parsing time', () => {
  const head = (field: string) =>
    `OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n${field}\r\n\r\n`;
  const long = (unit: string) => unit.repeat(Math.floor(16_000 / unit.length));

  // Each of these is quadratic for some parser in use. 60 messages take well below a second when time is linear, and more
  // than the limit when it is not; CPU time is counted, so that other work on the machine does not matter.
  it.each([
    ['spaces behind a quoted name', `Contact: "x"${long(' ')}y`],
    ['spaces alone', `Contact: ${long(' ')}`],
    ['tabs in a display name', `Contact: ${long('a\t')}`],
    ['backslashes', `Contact: "${long('\\')}`],
    ['quotes', `Contact: ${long('"')}`],
    ['commas', `Contact: ${long(',')}`],
    ['open brackets', `Contact: ${long('<')}`],
    ['semicolons', `Contact: <sip:a@h>${long(';a')}`],
    ['percent signs', `Contact: <sip:${long('%41')}@h>`],
    ['at signs', `Contact: <sip:${long('@')}>`],
    ['folds', `Contact: ${long('\r\n ')}`],
    ['fields that may stand once', long('l: 5\r\n')],
    ['quoted elements', `Contact: ${long('"a" <sip:b@c>,')}`],
    ['boundaries', `Content-Type: multipart/mixed;boundary=${long('-')}`],
  ])('is linear for %s', (_, field) => {
    const bytes = Buffer.from(head(field));
    const start = process.cpuUsage();
    for (let round = 0; round < 60; round++) handle(bytes);
    const used = process.cpuUsage(start);
    expect((used.user + used.system) / 1000).toBeLessThan(5_000);
  });

  it('is linear for a multipart body full of boundaries', () => {
    const body = Buffer.from('\r\n--b'.repeat(13_000));
    const start = process.cpuUsage();
    for (let round = 0; round < 20; round++) parseMultipart('multipart/mixed;boundary=b', body);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5_000);
  });
});
