// JsSIP and SIP.js read what we write and answer what we ask: they look at the last challenge only and know only MD5.
import { createRequire } from 'node:module';
import { systemClock, systemRandom } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { NameAddr } from '../message/name-addr.js';
import { createRequest } from '../message/requests.js';
import { createResponse } from '../message/responses.js';
import { SipUri } from '../message/uri.js';
import { Via } from '../message/via.js';
import { writeMessage } from '../message/write.js';
import { DigestServer } from './digest-server.js';

interface ForeignMessage {
  parseHeader(name: string): unknown;
}

interface ForeignDigest {
  authenticate(request: object, challenge: unknown): boolean;
  toString(): string;
}

interface ForeignStack {
  name: string;
  parse(text: string): ForeignMessage | undefined;
  digest(username: string, password: string): ForeignDigest;
}

const require = createRequire(import.meta.url);

function jsSip(): ForeignStack {
  const parser = require('jssip/lib/Parser') as { parseMessage(text: string, ua: object): ForeignMessage };
  const Digest = require('jssip/lib/DigestAuthentication') as new (credentials: object) => ForeignDigest;
  return {
    name: 'JsSIP',
    parse: (text) => parser.parseMessage(text, {}),
    digest: (username, password) => new Digest({ username, password }),
  };
}

async function sipJs(): Promise<ForeignStack> {
  const { Parser } = (await import('sip.js/lib/core/messages/parser.js')) as unknown as {
    Parser: { parseMessage(text: string, logger: object): ForeignMessage | undefined };
  };
  const { DigestAuthentication } = (await import('sip.js/lib/core/messages/digest-authentication.js')) as unknown as {
    DigestAuthentication: new (logs: object, ha1: undefined, username: string, password: string) => ForeignDigest;
  };
  const logger = { warn() {}, error() {}, debug() {}, log() {} };
  return {
    name: 'SIP.js',
    parse: (text) => Parser.parseMessage(text, logger),
    digest: (username, password) =>
      new DigestAuthentication({ getLogger: () => logger }, undefined, username, password),
  };
}

const aor = NameAddr.create({ displayName: 'Zoë "Z" \\', uri: SipUri.parse('sip:zoe@intermix.local') });
const register = (headers: [string, string][] = []) =>
  createRequest({
    method: 'REGISTER',
    uri: SipUri.parse('sip:intermix.local'),
    from: aor.withTag('abc'),
    to: aor,
    callId: 'c1',
    cseq: 1,
    via: Via.parse('SIP/2.0/WS 8fk.invalid;branch=z9hG4bK1'),
    headers,
  });

const password = 'pässword';

describe.each([jsSip(), await sipJs()])('$name', (stack) => {
  it.each([[['MD5']], [['MD5', 'SHA-256']], [['SHA-256', 'MD5']]] as const)(
    'proves its password when %j are offered',
    (algorithms) => {
      const server = new DigestServer({
        realm: 'intermix.local',
        secret: 's',
        algorithms,
        clock: systemClock,
        random: systemRandom,
        lookup: () => ({ password }),
      });
      const unauthorized = createResponse(register(), 401, { toTag: 'tt', headers: server.challenge(401) });
      const challenge = stack
        .parse(new TextDecoder().decode(writeMessage(unauthorized)))
        ?.parseHeader('www-authenticate');
      const digest = stack.digest('zoe', password);
      for (let round = 0; round < 3; round++) {
        expect(digest.authenticate({ method: 'REGISTER', ruri: 'sip:intermix.local' }, challenge)).toBe(true);
        expect(server.check(register([['Authorization', digest.toString()]]), 401)).toEqual({
          ok: true,
          username: 'zoe',
        });
      }
    },
  );
});
