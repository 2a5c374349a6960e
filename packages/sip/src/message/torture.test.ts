import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SipParseError } from './errors.js';
import { type SipMessage, SipRequest, type SipResponse } from './message.js';
import { parseMultipart } from './multipart.js';
import { parseMessage } from './parse.js';
import { createParseErrorResponse } from './responses.js';
import { checkSanity, type SanityContext } from './sanity.js';
import { StreamFramer } from './stream-framer.js';
import { writeMessage } from './write.js';

interface Torture {
  label: string;
  file: string;
  title: string;
  kind: 'request' | 'response';
  parse: 'accept' | 'reject' | 'either';
  responseCodes: number[];
}

const folder = new URL('../../testdata/rfc4475/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as { messages: Torture[] };
const read = (file: string): Uint8Array => readFileSync(new URL(file, folder));

/** A user agent server of ordinary means. */
const uas: SanityContext = {
  supported: ['timer', 'path', 'outbound'],
  methods: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER', 'MESSAGE'],
  contentTypes: ['application/sdp', 'multipart/mixed', 'text/plain'],
};

/** What becomes of a message: 'pass', 'drop', or the status of its refusal. */
function verdict(bytes: Uint8Array): { outcome: number | 'pass' | 'drop'; message?: SipMessage } {
  try {
    const message = parseMessage(bytes);
    const refusal = checkSanity(message, uas);
    if (refusal === undefined) return { outcome: 'pass', message };
    return { outcome: refusal === 'drop' ? 'drop' : refusal.status, message };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return { outcome: createParseErrorResponse(error)?.status ?? 'drop' };
  }
}

/** Everything of a message that a peer could see. */
function contents(message: SipMessage): unknown {
  const start =
    message instanceof SipRequest
      ? [message.method, message.uri.toString()]
      : [(message as SipResponse).status, (message as SipResponse).reason];
  const fields = [...message.headers].filter(([name]) => name !== 'Content-Length');
  return [start, fields, Buffer.from(message.body).toString('latin1')];
}

/** Accepted messages whose refusal belongs to the sanity stage of this server. */
const refusedBySanity: Record<string, number | 'drop'> = {
  intmeth: 501,
  esc02: 501,
  unkscm: 416,
  novelsc: 416,
  bext01: 420,
  invut: 415,
  bcast: 'drop',
};

/** What we do where the RFC leaves it open. */
const choices: Record<string, number | 'pass' | 'drop'> = {
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 400,
  trws: 400,
  escruri: 400,
  baddate: 'pass',
  regbadct: 400,
  badaspec: 400,
  baddn: 400,
  badvers: 505,
  mismatch02: 400,
  badbranch: 'pass',
};

describe('RFC 4475', () => {
  it('has all 49 messages', () => {
    expect(manifest.messages).toHaveLength(49);
  });

  for (const torture of manifest.messages) {
    it(`${torture.label}: ${torture.parse} ${torture.title}`, () => {
      const { outcome } = verdict(read(torture.file));
      if (torture.parse === 'accept') expect(outcome).toBe(refusedBySanity[torture.label] ?? 'pass');
      if (torture.parse === 'either') expect(outcome).toBe(choices[torture.label]);
      if (torture.parse === 'reject') {
        expect(torture.kind === 'response' ? ['drop'] : torture.responseCodes).toContain(outcome);
      }
    });
  }

  it('refuses baddn for its comma also when the missing empty line is added', () => {
    const whole = Buffer.concat([read('baddn.dat'), Buffer.from('\r\n')]);
    expect(verdict(whole).outcome).toBe(400);
    expect(() => parseMessage(whole)).toThrow(/display name needs quotes/);
  });

  const readable = manifest.messages.filter(({ parse, label }) => parse === 'accept' || choices[label] === 'pass');
  it.each(readable)('$label says the same after it was written again', ({ file }) => {
    const message = parseMessage(read(file));
    expect(contents(parseMessage(writeMessage(message)))).toEqual(contents(message));
  });

  it('keeps the binary body of mpart01 and finds the parts in it', () => {
    const message = parseMessage(read('mpart01.dat'));
    expect(message.body).toHaveLength(553);
    const parts = parseMultipart(message.headers.get('Content-Type') ?? '', message.body);
    expect(parts.map((part) => part.type)).toEqual(['text/plain', 'application/octet-stream']);
    expect(parts[1]!.body.includes(0)).toBe(true);
  });

  it('takes an escaped method and header name for what they are', () => {
    const message = parseMessage(read('esc02.dat')) as SipRequest;
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.contacts).toHaveLength(2);
  });

  it('gives the trailing octets of dblreq to nobody in a datagram and to the next message on a stream', () => {
    expect(parseMessage(read('dblreq.dat')).body).toHaveLength(0);
    const events = new StreamFramer().push(read('dblreq.dat'));
    // The INVITE's own Content-Length is five too small, so that the rest of its body is noise.
    expect(events.map((event) => event.kind)).toEqual(['message', 'message', 'broken']);
  });
});
