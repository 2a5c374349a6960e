import { readdirSync } from 'node:fs';
import { systemClock, systemRandom } from '@intermix/kernel';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as fullHashes from '../auth/digest-hashes.js';
import * as fullNames from '../message/header-names.js';
import type { SipResponse } from '../message/message.js';
import { parseMessage } from '../message/parse.js';
import * as fullPhrases from '../message/reason-phrases.js';
import { createCallId } from '../message/requests.js';
import { checkSanity as fullSanity } from '../message/sanity.js';
import type { Flow } from '../transport/flow.js';
import { Composer } from '../ua/composer.js';
import * as fullMethods from '../ua/method-checks.js';
import * as fullPeerRequests from '../ua/peer-requests.js';
import * as hashes from './digest-hashes.js';
import * as names from './header-names.js';
import { answerWhenReady } from './late-answer.js';
import * as methods from './method-checks.js';
import * as peerRequests from './peer-requests.js';
import * as phrases from './reason-phrases.js';
import { ResponsePath } from './response-path.js';
import { checkSanity } from './sanity.js';
import { SessionPath } from './session-path.js';

const originals = {
  carriers: 'ua',
  'digest-hashes': 'auth',
  'header-names': 'message',
  hops: 'ua',
  'late-answer': 'ua',
  'method-checks': 'ua',
  multipart: 'message',
  'peer-requests': 'ua',
  'reason-phrases': 'message',
  'response-path': 'transaction',
  sanity: 'message',
  'session-path': 'ua',
  'stateless-responses': 'transaction',
  'via-source': 'transaction',
};

function fakeFlow(): { flow: Flow; sent: Uint8Array[]; close: () => void } {
  const sent: Uint8Array[] = [];
  const flow = { closed: false, send: (bytes: Uint8Array) => void sent.push(bytes) };
  const close = () => {
    flow.closed = true;
  };
  return { flow: flow as unknown as Flow, sent, close };
}

describe('the modules that stand in the SDK for larger ones', () => {
  it('are all known here', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) => /(?<!\.test)\.ts$/.test(name));
    expect(files.map((name) => name.slice(0, -3)).sort()).toEqual(Object.keys(originals).sort());
  });

  it('hash alike', () => {
    for (const text of ['', 'priya:acme:secret', 'नमस्ते', createCallId(systemRandom)]) {
      for (const algorithm of hashes.digestAlgorithms) {
        expect(hashes.hashHex(algorithm, text)).toBe(fullHashes.hashHex(algorithm, text));
      }
    }
    expectTypeOf(hashes.digestAlgorithms[0]).toExtend<fullHashes.DigestAlgorithm>();
  });

  it('know header names in every case, and the short ones', () => {
    for (const name of [
      'Call-ID',
      'call-id',
      'CALL-ID',
      'i',
      'I',
      'v',
      'f',
      't',
      'm',
      'CSeq',
      'cseq',
      'WWW-Authenticate',
    ]) {
      expect(names.headerKey(name)).toBe(fullNames.headerKey(name));
      expect(names.canonicalName(name)).toBe(fullNames.canonicalName(name));
    }
    expect(names.canonicalName('X-Exotel-CallSid')).toBe('X-Exotel-CallSid');
    expect(names.headerKey('P-Asserted-Identity')).toBe(names.headerKey('p-asserted-identity'));
  });

  it('say what the others say of the statuses that a phone sends', () => {
    for (const status of [100, 180, 200, 400, 416, 420, 480, 481, 483, 486, 487, 488, 491, 500, 501, 503]) {
      expect(phrases.defaultReason(status)).toBe(fullPhrases.defaultReason(status));
    }
    expect(phrases.defaultReason(499)).toBe('Bad Request');
  });

  it('send responses over the flow of the request, and tell once it is closed', () => {
    const { flow, sent, close } = fakeFlow();
    const path = new ResponsePath(flow);
    const lost: string[] = [];
    path.onLost((reason) => lost.push(reason));
    path.send(new Uint8Array(1));
    close();
    path.send(new Uint8Array(2));
    expect([sent.length, lost.length]).toEqual([1, 1]);
  });

  it('send requests of a dialog over the newest flow', async () => {
    const [old, fresh] = [fakeFlow(), fakeFlow()];
    const path = new SessionPath({ flow: old.flow });
    const heard: unknown[] = [];
    const reach = () =>
      path.reach(
        undefined as never,
        (flow) => heard.push(flow),
        (reason) => heard.push(reason),
      );
    old.close();
    reach();
    await Promise.resolve();
    path.follow(fresh.flow);
    reach();
    await Promise.resolve();
    expect(heard).toEqual(['the flow of the dialog is closed', fresh.flow]);
  });

  /** A request as a server might send it. */
  const requestOf = (line: string, ...more: string[]) =>
    parseMessage(
      new TextEncoder().encode(
        [`${line} SIP/2.0`, 'Via: SIP/2.0/WS h;branch=z9hG4bK1', 'From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: 1']
          .concat(`CSeq: 1 ${line.split(' ')[0]}`, more, '', '')
          .join('\r\n'),
      ),
    );

  it.each([
    ['INVITE sip:b@h', 'Contact: <sip:a@h>'],
    ['INVITE sip:b@h', 'Contact: broken <'],
    ['BYE sip:b@h', 'Contact: broken <'],
    ['INVITE tel:+911', 'Max-Forwards: 0'],
    ['OPTIONS sip:b@h', 'Max-Forwards: 0'],
    ['INVITE http://h/', 'Max-Forwards: 70'],
    ['INVITE sip:b@h', 'Require: timer, made-up'],
    ['INVITE sip:b@h', 'Proxy-Require: made-up'],
    ['CANCEL sip:b@h', 'Require: made-up'],
    ['ACK sip:b@h', 'Record-Route: broken <'],
  ])('refuse alike: %s with %s', (line, header) => {
    const supported = ['timer'];
    const context = { supported, forwards: true };
    const full = fullSanity(requestOf(line, header), context);
    expect(checkSanity(requestOf(line, header), { supported })).toEqual(full);
  });

  it('answer unknown methods and unfit INVITEs alike', () => {
    for (const method of ['BYE', 'INFO', 'REGISTER', 'REFER', 'DANCE']) {
      expect(methods.unservedStatus(method)).toBe(fullMethods.unservedStatus(method));
    }
    const unfit = requestOf('INVITE sip:b@h') as Parameters<typeof methods.refuseInvite>[0];
    expect(methods.refuseInvite(unfit)).toEqual(fullMethods.refuseInvite(unfit));
    const fit = requestOf('INVITE sip:b@h', 'Contact: <sip:a@h>') as typeof unfit;
    expect(methods.refuseInvite(fit)).toBeUndefined();
    fit.setBody({ type: 'multipart/mixed;boundary=x', content: '--x' });
    expect(methods.refuseInvite(fit)?.status).toBe(415);
  });

  /** What a request gets where nobody listens: status, and header fields of the answer. */
  const answersTo = ({ receiveInside, receiveOutside }: typeof fullPeerRequests, line: string, ...more: string[]) => {
    const request = requestOf(line, ...more) as Parameters<typeof methods.refuseInvite>[0];
    if (more.length > 0) request.setBody({ type: 'application/dtmf-relay', content: 'Signal=1' });
    const composer = new Composer({ userAgent: 'test' });
    const inside: unknown[] = [];
    const core = {
      composer,
      clock: systemClock,
      timers: { t1: 1 },
      newToken: () => 'tag',
      contact: () => '<sip:us@h>',
    };
    const outside: unknown[] = [];
    const respond = (response: SipResponse) => outside.push([response.status, ...response.headers]);
    const transaction = { request, flow: undefined, respond } as never;
    const host = {
      announce: () => false,
      reply: (_: unknown, status: number, parts: unknown) => inside.push([status, parts]),
    };
    receiveInside(core as never, { request, transaction, flow: undefined as never }, { host } as never);
    receiveOutside(core as never, transaction, { count: 0, emit: () => {} });
    return { inside, outside };
  };

  it.each(['OPTIONS', 'INFO', 'MESSAGE', 'REFER', 'PRACK', 'UPDATE', 'DANCE'])(
    'answer a request that nobody serves alike: %s',
    (method) => {
      for (const more of [[], ['Content-Type: application/dtmf-relay']]) {
        const full = answersTo(fullPeerRequests, `${method} sip:b@h`, ...more);
        expect(answersTo(peerRequests as typeof fullPeerRequests, `${method} sip:b@h`, ...more)).toEqual(full);
        expect([full.inside.length, full.outside.length]).toEqual([1, 1]);
      }
    },
  );

  it('answer a BYE at once', () => {
    const answered: string[] = [];
    answerWhenReady(undefined, new Promise(() => {}), () => answered.push('200'));
    expect(answered).toEqual(['200']);
  });
});
