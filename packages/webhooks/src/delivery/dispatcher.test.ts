import { type Logger, silentLogger } from '@intermix/kernel';
import { type OutboundAnswer, OutboundError, type OutboundRequest } from '@intermix/outbound';
import { FakeClock } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { SigningSecret } from '../ports/signing-secrets.js';
import { signatureOf } from '../signing/sign-webhook.js';
import { MemoryOutbox } from '../testing/memory-outbox.js';
import { Dispatcher } from './dispatcher.js';
import type { DispatcherConfig } from './dispatcher-config.js';

interface Post {
  url: string;
  at: number;
  request: OutboundRequest;
}

type Behaviour = (post: Post) => number | OutboundError | 'hang' | 'soon';

const dispatchers: Dispatcher[] = [];
afterEach(async () => {
  for (const dispatcher of dispatchers.splice(0)) await dispatcher.stop(0);
});

function begin(config: Partial<DispatcherConfig> = {}, logger: Logger = silentLogger) {
  const clock = new FakeClock();
  const outbox = new MemoryOutbox(clock);
  const posts: Post[] = [];
  const receiver = { behave: (() => 200) as Behaviour, running: 0, most: 0 };
  const secret = (name: string): SigningSecret => ({
    ...{ id: name, secret: `whsec_${Buffer.from(name).toString('base64')}` },
    ...{ createdAt: new Date(0), expiresAt: undefined },
  });
  const secrets = { inForce: async (): Promise<SigningSecret[] | undefined> => [secret('new'), secret('old')] };
  const client = {
    async post(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
      const post = { url, at: clock.now(), request };
      posts.push(post);
      receiver.running += 1;
      receiver.most = Math.max(receiver.most, receiver.running);
      try {
        const result = receiver.behave(post);
        if (result === 'hang') await hang(request.signal);
        if (result === 'soon') await new Promise<void>((resolve) => clock.schedule(20, resolve));
        if (result instanceof OutboundError) throw result;
        return {
          status: typeof result === 'number' ? result : 200,
          headers: {},
          body: Buffer.from('ok'),
          cutOff: false,
        };
      } finally {
        receiver.running -= 1;
      }
    },
  };
  const hang = (signal: AbortSignal | undefined) =>
    new Promise((_, reject) => {
      clock.schedule(10_000, () => reject(new OutboundError('timeout', 'It did not answer within 10 s.')));
      signal?.addEventListener('abort', () => reject(new OutboundError('aborted', 'given up')));
    });
  const dispatcher = new Dispatcher({
    ...{ outbox, client, clock, config, logger, userAgent: 'Intermix-Webhooks/1' },
    secrets: { inForce: () => secrets.inForce(), rotate: async () => undefined },
  });
  dispatchers.push(dispatcher);
  const run = (ms: number) => clock.advanceAsync(ms);
  return { clock, outbox, posts, receiver, secrets, dispatcher, run };
}

describe('an attempt', () => {
  it('carries the event’s id, the delivery’s, and a signature of each secret over the exact text', async () => {
    const { outbox, posts, dispatcher, clock, run } = begin();
    outbox.add('one');
    dispatcher.start();
    await run(0);
    const timestampSec = Math.floor(clock.now() / 1000);
    const secrets = ['new', 'old'].map((name) => `whsec_${Buffer.from(name).toString('base64')}`);
    expect(posts[0]?.request).toMatchObject({
      body: '{"a":1}',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Intermix-Webhooks/1',
        'webhook-id': 'evt_one',
        'webhook-timestamp': String(timestampSec),
        'webhook-signature': signatureOf({ id: 'evt_one', timestampSec, body: '{"a":1}' }, secrets),
        'x-intermix-delivery-id': 'one',
        'x-intermix-attempt': '1',
        'x-intermix-event': 'call_ringing',
      },
    });
    expect(outbox.status('one')).toBe('delivered');
    expect(outbox.log[0]).toMatchObject({ httpStatus: 200, error: undefined, responseBody: 'ok' });
  });

  it.each([201, 204, 301, 404, 500])('is not acknowledged by %i', async (status) => {
    const { outbox, receiver, dispatcher, run } = begin();
    receiver.behave = () => status;
    outbox.add('one');
    dispatcher.start();
    await run(0);
    expect(outbox.log[0]).toMatchObject({ delivered: false, httpStatus: status });
    expect(outbox.log[0]?.error).toContain(String(status));
    expect(outbox.status('one')).toBe('pending');
  });

  it.each([0, 1, 2, 3, 4])('fails %i times: then delivered, or dropped after the fourth', async (failures) => {
    const { outbox, posts, receiver, dispatcher, run, clock } = begin();
    const began = clock.now();
    receiver.behave = () => (posts.length <= failures ? 500 : 200);
    outbox.add('one');
    dispatcher.start();
    await run(400_000);
    expect(outbox.status('one')).toBe(failures < 4 ? 'delivered' : 'dropped');
    const expected = [0, 5_000, 35_000, 335_000].slice(0, failures + 1);
    expect(posts).toHaveLength(expected.length);
    for (const [index, { at, request }] of posts.entries()) {
      expect(at - began - expected[index]!).toBeGreaterThanOrEqual(0);
      expect(at - began - expected[index]!).toBeLessThan(300);
      expect(request.headers).toMatchObject({ 'x-intermix-attempt': String(index + 1), 'webhook-id': 'evt_one' });
    }
  });

  it('of a receiver that hangs is logged with its problem, and tried again', async () => {
    const { outbox, receiver, dispatcher, run } = begin();
    receiver.behave = () => 'hang';
    outbox.add('one');
    dispatcher.start();
    await run(10_000);
    expect(outbox.log[0]).toMatchObject({ delivered: false, httpStatus: undefined, latencyMs: 10_000 });
    receiver.behave = () => 200;
    await run(5_100);
    expect(outbox.status('one')).toBe('delivered');
  });

  it('of an app that is gone is dropped at once, without a word to anybody', async () => {
    const { outbox, posts, secrets, dispatcher, run } = begin();
    secrets.inForce = async () => undefined;
    outbox.add('one');
    dispatcher.start();
    await run(0);
    expect(posts).toEqual([]);
    expect(outbox.log.map(({ error }) => error)).toEqual(['The app does not exist any more.']);
    expect(outbox.status('one')).toBe('dropped');
  });
});

describe('order', () => {
  it('sends the next of a call when the one before has had its attempt, acknowledged or not', async () => {
    const { outbox, posts, receiver, dispatcher, run } = begin();
    receiver.behave = ({ request }) => (request.headers?.['x-intermix-delivery-id'] === 'a2' ? 500 : 200);
    for (const id of ['a1', 'a2', 'a3']) outbox.add(id, { callSid: 'a' });
    outbox.add('b1', { callSid: 'b' });
    dispatcher.start();
    await run(100);
    const ids = posts.map(({ request }) => request.headers?.['x-intermix-delivery-id']);
    expect(ids.filter((id) => id?.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(ids).toContain('b1');
  });
});

describe('many receivers', () => {
  it('dead ones take their share and no more: the living are served at once', async () => {
    const { outbox, posts, receiver, dispatcher, run, clock } = begin({ maxRunning: 60, sickBudget: 10 });
    receiver.behave = ({ url }) => (url.includes('dead') ? 'hang' : 200);
    for (let n = 0; n < 20; n++) for (let row = 0; row < 5; row++) outbox.add(`d${n}-${row}`, { host: `dead${n}:443` });
    dispatcher.start();
    await run(10_000); // Now they are known.
    expect(receiver.most).toBeLessThanOrEqual(40); // Two each, before anything was known.
    const began = clock.now();
    for (let n = 0; n < 50; n++) outbox.add(`live${n}`, { host: `alive${n}:443` });
    dispatcher.wake();
    await run(10);
    expect(posts.filter(({ url, at }) => url.includes('alive') && at - began <= 10)).toHaveLength(50);
    expect(receiver.running).toBeLessThanOrEqual(10);
  });

  it('keeps one app’s hanging path from holding up another app on the same host', async () => {
    const { outbox, posts, receiver, dispatcher, run, clock } = begin();
    receiver.behave = ({ url }) => (url.endsWith('/dead') ? 'hang' : 200);
    const host = 'hooks.example:443';
    for (let n = 0; n < 60; n++) outbox.add(`a${n}`, { host, appId: 'a', path: '/dead' });
    dispatcher.start();
    await run(25_000); // Now it is known, and most rows of it are still due.
    const began = clock.now();
    outbox.add('b', { host, appId: 'b', path: '/alive' });
    dispatcher.wake();
    await run(10);
    expect(posts.filter(({ url, at }) => url.endsWith('/alive') && at - began <= 10)).toHaveLength(1);
    expect(outbox.status('b')).toBe('delivered');
    expect(outbox.log.filter(({ claimed }) => claimed.appId === 'a').length).toBeLessThan(10);
  });

  it('shares a host among its apps: one with a backlog takes no more than its part', async () => {
    const { outbox, posts, receiver, dispatcher, run, clock } = begin({ fullLimit: 4, hostLimit: 6 });
    receiver.behave = () => 'soon';
    const host = 'hooks.example:443';
    for (const appId of ['a', 'b']) for (let n = 0; n < 100; n++) outbox.add(`${appId}${n}`, { host, appId });
    dispatcher.start();
    await run(200);
    expect(receiver.most).toBe(6);
    const began = clock.now();
    outbox.add('late', { host, appId: 'c', path: '/c' });
    dispatcher.wake();
    await run(25);
    expect(posts.find(({ url }) => url.endsWith('/c'))?.at).toBeLessThanOrEqual(began + 20);
    await run(2_000);
    expect(outbox.log).toHaveLength(201);
  });

  it('gives every app of a host that does not answer its turn', async () => {
    const { outbox, posts, receiver, dispatcher, run } = begin({ hostLimit: 40, hostSickLimit: 3 });
    receiver.behave = () => 'hang';
    const host = 'hooks.example:443';
    for (let app = 0; app < 12; app++)
      for (let n = 0; n < 20; n++) outbox.add(`${app}-${n}`, { host, appId: `app${app}`, path: `/${app}` });
    dispatcher.start();
    await run(10_100); // Two each of all.
    const known = posts.length;
    await run(40_000);
    expect(new Set(posts.slice(known).map(({ url }) => url)).size).toBe(12);
    expect(receiver.running).toBeLessThanOrEqual(3);
  });

  it('gives a host that answers more at once, and keeps to the limits', async () => {
    const { outbox, receiver, dispatcher, run, clock } = begin({ fullLimit: 8, firstLimit: 2 });
    for (let n = 0; n < 100; n++) outbox.add(`x${n}`);
    receiver.behave = () => 'soon';
    dispatcher.start();
    await run(2_000);
    expect(outbox.log).toHaveLength(100);
    expect(receiver.most).toBe(8);
    expect(clock.pendingTimers).toBeLessThan(5);
  });
});

describe('trouble and the end', () => {
  it('goes on when the database was away', async () => {
    const { outbox, dispatcher, run } = begin();
    outbox.before = () => {
      throw new Error('the database is away');
    };
    outbox.add('one');
    dispatcher.start();
    await run(5_000);
    outbox.before = () => {};
    await run(1_000);
    expect(outbox.status('one')).toBe('delivered');
  });

  it('makes an attempt again whose end could not be written, when the lease has run out', async () => {
    const { outbox, posts, dispatcher, run } = begin();
    outbox.before = (what) => {
      if (what === 'finish') throw new Error('the database is away');
    };
    outbox.add('one');
    dispatcher.start();
    await run(30_000);
    expect(posts).toHaveLength(1);
    outbox.before = () => {};
    await run(32_000);
    expect(posts.map(({ request }) => request.headers?.['webhook-id'])).toEqual(['evt_one', 'evt_one']);
    expect(outbox.status('one')).toBe('delivered');
  });

  it('says of a delivery whose app was deleted during the attempt what it is', async () => {
    const told: string[] = [];
    const tell = (_fields: object, text: string) => void told.push(text);
    const logger: Logger = { ...silentLogger, info: tell, warn: tell, error: tell, child: () => logger };
    const { outbox, receiver, dispatcher, run } = begin({}, logger);
    const attempted: unknown[] = [];
    dispatcher.on('attempted', (attempt) => attempted.push(attempt));
    receiver.behave = () => 'soon';
    outbox.add('one');
    dispatcher.start();
    await run(10);
    outbox.rows[0]!.status = 'dropped';
    await run(20);
    expect(told).toEqual(['webhook dropped: its app was deleted during the attempt']);
    expect([attempted, outbox.log]).toEqual([[], []]);
  });

  it('gives what is due a last chance, and gives back what hangs', async () => {
    const { outbox, receiver, dispatcher, run } = begin();
    receiver.behave = ({ url }) => (url.includes('dead') ? 'hang' : 200);
    outbox.add('hanging', { host: 'dead:443' });
    for (let n = 0; n < 5; n++) outbox.add(`late${n}`, { callSid: 'c' });
    dispatcher.start();
    const stopping = dispatcher.stop(3_000);
    await run(3_000);
    await stopping;
    for (let n = 0; n < 5; n++) expect(outbox.status(`late${n}`)).toBe('delivered');
    const hanging = outbox.rows.find(({ claimed }) => claimed.deliveryId === 'hanging');
    expect(hanging).toMatchObject({ status: 'pending', leasedUntil: 0, claimed: { attempts: 0 } });
    expect(outbox.log.map(({ claimed }) => claimed.deliveryId)).not.toContain('hanging');
  });

  it('ends at once when nothing is to be done, and leaves no timer', async () => {
    const { dispatcher, run, clock } = begin();
    dispatcher.start();
    await run(0);
    await dispatcher.stop(3_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
