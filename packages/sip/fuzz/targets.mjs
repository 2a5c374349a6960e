import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import {
  checkSanity,
  createParseErrorResponse,
  createResponse,
  DigestClient,
  DigestServer,
  DigestState,
  NameAddr,
  parseAuthValues,
  parseMessage,
  parseUri,
  SipHeaderError,
  SipParseError,
  SipRequest,
  SipResponse,
  StreamFramer,
  Via,
  writeMessage,
} from '@intermix/sip';

const corpus = new URL('corpus/', import.meta.url);
const torture = new URL('../testdata/rfc4475/', import.meta.url);

const files = (folder, ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, folder)));
const lines = (name) => readFileSync(new URL(name, corpus), 'utf8').trimEnd().split('\n').map(Buffer.from);

const clock = { now: () => 1_700_000_000_000, schedule: () => ({ cancel() {} }) };
const random = { bytes: (length) => new Uint8Array(length), fraction: () => 0 };
const account = { username: 'bob', password: 'zanzibar' };
const server = new DigestServer({ realm: 'biloxi.com', secret: 'fuzz', clock, random, lookup: () => account });
const client = new DigestClient({ random });

/** True when the refusal is one of those that callers expect. */
export const isRefusal = (error) => error instanceof SipParseError || error instanceof SipHeaderError;

function attempt(run) {
  try {
    return run();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

const contents = (message) => [
  message.status ?? message.method,
  message.reason ?? String(message.uri),
  [...message.headers].filter(([name]) => name !== 'Content-Length'),
  Buffer.from(message.body).toString('latin1'),
];

/** What the server does with a datagram: parse, check, look at all of it, answer, pass on. */
function message(bytes) {
  let parsed;
  try {
    parsed = parseMessage(bytes);
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    const answer = createParseErrorResponse(error);
    if (answer) writeMessage(answer);
    throw error;
  }
  const verdict = checkSanity(parsed, { supported: [] });
  for (const read of [() => parsed.contacts, () => parsed.routes, () => parsed.recordRoutes]) {
    if (verdict === undefined) read();
    else attempt(read);
  }
  attempt(() => parsed.vias);
  parsed.sdp;
  assert.deepEqual(contents(parseMessage(writeMessage(parsed))), contents(parsed));
  if (parsed instanceof SipRequest) {
    parseMessage(writeMessage(createResponse(parsed, 200, { toTag: 't' })));
    server.check(parsed, 401);
  }
  if (parsed instanceof SipResponse) {
    const request = parseMessage(writeMessage(template));
    client.answer(parsed, request, account, new DigestState());
  }
}

const template = parseMessage(files(new URL('message/', corpus), 'browser-invite.sip')[0]);

function nameAddr(text) {
  const parsed = NameAddr.parse(text);
  const again = NameAddr.parse(parsed.withTag('x').toString());
  assert.equal(again.displayName, parsed.displayName);
  assert.equal(String(again.uri), String(parsed.uri));
}

function uri(text) {
  const parsed = parseUri(text);
  assert.equal(String(parsed), text);
  assert.ok(parsed.equals(parseUri(String(parsed))));
}

function via(text) {
  const parsed = Via.parse(text).withSource('192.0.2.1', 5060);
  assert.equal(Via.parse(parsed.toString()).host, parsed.host);
}

function auth(text) {
  parseAuthValues(text);
  const request = parseMessage(writeMessage(template));
  request.headers.set('Authorization', text);
  server.check(request, 401);
  const response = createResponse(request, 401, { headers: [['WWW-Authenticate', text]] });
  client.answer(response, request, account, new DigestState());
}

/** Splitting a stream must not change what it says. The first two octets choose where it is cut. */
function stream(bytes) {
  const say = (chunks) => {
    const framer = new StreamFramer();
    return chunks
      .flatMap((chunk) => framer.push(chunk))
      .map((event) => `${event.kind} ${event.bytes ? Buffer.from(event.bytes).toString('latin1') : ''}`);
  };
  const step = 1 + ((bytes[0] ?? 0) % 97);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
  assert.deepEqual(say(chunks), say([bytes]));
}

const asText = (run) => (bytes) => run(bytes.toString('utf8'));
const messages = [...files(new URL('message/', corpus), '.sip'), ...files(torture, '.dat')];

/** Each parser with its seeds. A run either returns, or throws a refusal; anything else is a finding. */
export const targets = [
  { name: 'message', run: message, seeds: messages },
  { name: 'stream', run: stream, seeds: [...files(new URL('stream/', corpus), '.bin'), ...messages] },
  { name: 'uri', run: asText(uri), seeds: lines('uri.txt') },
  { name: 'name-addr', run: asText(nameAddr), seeds: lines('name-addr.txt') },
  { name: 'via', run: asText(via), seeds: lines('via.txt') },
  { name: 'auth', run: asText(auth), seeds: lines('auth.txt') },
];
