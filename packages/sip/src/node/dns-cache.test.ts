import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { SipUri } from '../message/uri.js';
import { DnsCache, type DnsCacheLimits } from './dns-cache.js';
import { type DnsQuestions, DnsResolver } from './dns-resolver.js';

/** A name server that the test answers by hand. */
function makeCache(limits: Partial<DnsCacheLimits> = {}) {
  const clock = new FakeClock();
  const asked: string[] = [];
  /** Answers by name; a name without one fails, `silence` never answers. */
  const zone: Record<string, string[] | 'silence'> = {};
  const questions: DnsQuestions = {
    naptr: () => Promise.reject(new Error('ENODATA')),
    srv: () => Promise.reject(new Error('ENODATA')),
    addresses: (name) => {
      asked.push(name);
      const found = zone[name];
      if (found === 'silence') return new Promise(() => {});
      return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
    },
  };
  const cache = new DnsCache({ questions, clock, limits });
  const look = (name: string) => cache.addresses(name).catch((error: Error) => error.message);
  return { cache, clock, asked, zone, look };
}

describe('DnsCache', () => {
  it('asks once in 30 s, and once for those who ask together', async () => {
    const { clock, asked, zone, look } = makeCache();
    zone['sip.example'] = ['192.0.2.1', '192.0.2.2'];
    const both = await Promise.all([look('sip.example'), look('SIP.example')]);
    expect(both).toEqual([
      ['192.0.2.1', '192.0.2.2'],
      ['192.0.2.1', '192.0.2.2'],
    ]);
    await clock.advanceAsync(29_999);
    await look('sip.example');
    expect(asked).toEqual(['sip.example']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives what it knows while it asks again, and the new answer from then on', async () => {
    const { clock, asked, zone, look } = makeCache();
    zone['sip.example'] = ['192.0.2.1'];
    await look('sip.example');
    await clock.advanceAsync(30_000);
    zone['sip.example'] = ['192.0.2.9'];
    expect(await look('sip.example')).toEqual(['192.0.2.1']);
    await clock.advanceAsync(0);
    expect(await look('sip.example')).toEqual(['192.0.2.9']);
    expect(asked).toHaveLength(2);
  });

  it('keeps an old answer while the name server is away, for ten minutes', async () => {
    const { clock, asked, zone, look } = makeCache();
    zone['sip.example'] = ['192.0.2.1'];
    await look('sip.example');
    zone['sip.example'] = 'silence';
    await clock.advanceAsync(60_000);
    expect(await look('sip.example')).toEqual(['192.0.2.1']);
    await clock.advanceAsync(5_000);
    expect(await look('sip.example')).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(2); // It has just failed, and is left alone for a while.
    await clock.advanceAsync(600_000);
    const late = look('sip.example');
    await clock.advanceAsync(5_000);
    expect(await late).toBe('no answer in 5000 ms');
    expect(clock.pendingTimers).toBe(0);
  });

  it('believes "no such name" for five seconds', async () => {
    const { clock, asked, zone, look } = makeCache();
    expect(await look('new.example')).toBe('ENOTFOUND');
    zone['new.example'] = ['192.0.2.1'];
    await clock.advanceAsync(4_999);
    expect(await look('new.example')).toBe('ENOTFOUND');
    expect(asked).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(await look('new.example')).toEqual(['192.0.2.1']);
  });

  it('forgets the oldest when there are too many names', async () => {
    const { asked, zone, look } = makeCache({ maxEntries: 2 });
    for (const name of ['a', 'b', 'c']) {
      zone[name] = ['192.0.2.1'];
      await look(name);
    }
    await look('c');
    await look('a');
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('serves the resolver: each request gets all addresses, and asks nobody', async () => {
    const { clock, asked, zone, cache } = makeCache();
    zone['sip.example'] = ['192.0.2.1', '192.0.2.2'];
    const resolver = new DnsResolver({ questions: cache, clock });
    for (let i = 0; i < 3; i++) {
      const found = await resolver.resolve(SipUri.parse('sip:bob@sip.example:5080'));
      expect(found.map(({ address }) => address.host)).toEqual(['192.0.2.1', '192.0.2.2']);
    }
    expect(asked).toEqual(['sip.example']);
  });
});
