import type { Random } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { SipTransportError } from '../message/errors.js';
import { SipUri } from '../message/uri.js';
import { type DnsQuestions, DnsResolver, type DnsResolverOptions, type NaptrAnswer } from './dns-resolver.js';
import { orderSrv, type SrvRecord } from './srv-order.js';

const half: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 };

interface Zone {
  naptr?: Record<string, NaptrAnswer[]>;
  srv?: Record<string, SrvRecord[]>;
  addresses?: Record<string, string[]>;
}

function makeResolver(zone: Zone, options: DnsResolverOptions = {}) {
  const asked: string[] = [];
  const look =
    <T>(kind: string, records: Record<string, T[]> | undefined) =>
    async (name: string) => {
      asked.push(`${kind} ${name}`);
      const found = records?.[name];
      if (!found) throw new Error('ENOTFOUND');
      return found;
    };
  const questions: DnsQuestions = {
    naptr: look('NAPTR', zone.naptr),
    srv: look('SRV', zone.srv),
    addresses: look('A', zone.addresses),
  };
  const resolver = new DnsResolver({ random: half, questions, ...options });
  const resolve = async (uri: string) =>
    (await resolver.resolve(SipUri.parse(uri))).map(
      ({ protocol, address, serverName }) =>
        `${protocol} ${address.host}:${address.port}${serverName === undefined ? '' : ` (${serverName})`}`,
    );
  return { resolve, asked };
}
const srv = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({ name, port, priority, weight });

describe('DnsResolver', () => {
  it.each([
    ['sip:bob@192.0.2.1', 'UDP 192.0.2.1:5060'],
    ['sip:bob@192.0.2.1:5080', 'UDP 192.0.2.1:5080'],
    ['sip:192.0.2.1;transport=tcp', 'TCP 192.0.2.1:5060'],
    ['sip:192.0.2.1;transport=TLS', 'TLS 192.0.2.1:5061'],
    ['sips:192.0.2.1', 'TLS 192.0.2.1:5061'],
    ['sips:192.0.2.1;transport=tcp', 'TLS 192.0.2.1:5061'],
    ['sips:192.0.2.1;transport=udp', 'TLS 192.0.2.1:5061'],
    ['sip:bob@[2001:db8::1]:5070', 'UDP 2001:db8::1:5070'],
  ])('%s is %s, without a question', async (uri, expected) => {
    const { resolve, asked } = makeResolver({});
    expect(await resolve(uri)).toEqual([expected]);
    expect(asked).toEqual([]);
  });

  it('asks for addresses only when the URI has a port', async () => {
    const { resolve, asked } = makeResolver({ addresses: { 'example.com': ['192.0.2.1', '2001:db8::1'] } });
    expect(await resolve('sip:example.com:5070;transport=tls')).toEqual([
      'TLS 192.0.2.1:5070 (example.com)',
      'TLS 2001:db8::1:5070 (example.com)',
    ]);
    expect(asked).toEqual(['A example.com']);
  });

  it('asks SRV of the protocol that the URI names', async () => {
    const { resolve, asked } = makeResolver({
      srv: { '_sip._tcp.example.com': [srv('b.example.com', 5062, 2), srv('a.example.com', 5061, 1)] },
      addresses: { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'] },
    });
    expect(await resolve('sip:example.com;transport=tcp')).toEqual([
      'TCP 192.0.2.1:5061 (example.com)',
      'TCP 192.0.2.2:5062 (example.com)',
    ]);
    expect(asked[0]).toBe('SRV _sip._tcp.example.com');
  });

  it('follows NAPTR in the order of the peer, leaving out what we do not speak', async () => {
    const naptr = (order: number, preference: number, service: string, replacement: string): NaptrAnswer => ({
      order,
      preference,
      service,
      replacement,
    });
    const { resolve } = makeResolver({
      naptr: {
        'example.com': [
          naptr(20, 0, 'SIP+D2U', '_sip._udp.example.com'),
          naptr(10, 5, 'SIP+D2T', '_sip._tcp.example.com'),
          naptr(10, 1, 'SIPS+D2T', 'tls.example.com'),
          naptr(1, 0, 'SIP+D2S', '_sip._sctp.example.com'),
        ],
      },
      srv: {
        '_sip._udp.example.com': [srv('u.example.com', 5060)],
        '_sip._tcp.example.com': [srv('t.example.com', 5060)],
        'tls.example.com': [srv('s.example.com', 5061)],
      },
      addresses: { 'u.example.com': ['192.0.2.1'], 't.example.com': ['192.0.2.2'], 's.example.com': ['192.0.2.3'] },
    });
    expect(await resolve('sip:example.com')).toEqual([
      'TLS 192.0.2.3:5061 (example.com)',
      'TCP 192.0.2.2:5060 (example.com)',
      'UDP 192.0.2.1:5060 (example.com)',
    ]);
    expect(await resolve('sips:example.com')).toEqual(['TLS 192.0.2.3:5061 (example.com)']);
  });

  it('asks SRV of each of our protocols when there is no NAPTR, and then plain addresses', async () => {
    const { resolve, asked } = makeResolver({ addresses: { 'example.com': ['192.0.2.1'] } });
    expect(await resolve('sip:example.com')).toEqual(['UDP 192.0.2.1:5060 (example.com)']);
    expect(asked).toEqual([
      'NAPTR example.com',
      'SRV _sip._udp.example.com',
      'SRV _sip._tcp.example.com',
      'SRV _sips._tcp.example.com',
      'A example.com',
    ]);
    const secure = makeResolver({ addresses: { 'example.com': ['192.0.2.1'] } });
    expect(await secure.resolve('sips:example.com')).toEqual(['TLS 192.0.2.1:5061 (example.com)']);
    expect(secure.asked).not.toContain('SRV _sip._udp.example.com');
  });

  it('believes an SRV of "." that the service is not there', async () => {
    const { resolve, asked } = makeResolver({
      srv: { '_sip._udp.example.com': [srv('.', 0)] },
      addresses: { 'example.com': ['192.0.2.1'] },
    });
    await expect(resolve('sip:example.com;transport=udp')).rejects.toThrow(SipTransportError);
    expect(asked).not.toContain('A example.com');
  });

  it.each(['sip:x@df7jal23ls0d.invalid', 'sip:x@A.INVALID;transport=ws', 'sip:x@invalid:5060'])(
    'refuses %s without asking anybody',
    async (uri) => {
      const { resolve, asked } = makeResolver({});
      await expect(resolve(uri)).rejects.toThrow(/RFC 7118/);
      expect(asked).toEqual([]);
    },
  );

  it('does not follow an SRV into .invalid, and does not follow maddr', async () => {
    const { resolve, asked } = makeResolver({
      srv: { '_sip._udp.example.com': [srv('x.invalid', 5060), srv('a.example.com', 5060)] },
      addresses: { 'a.example.com': ['192.0.2.1'] },
    });
    expect(await resolve('sip:example.com;transport=udp;maddr=10.0.0.1')).toEqual(['UDP 192.0.2.1:5060 (example.com)']);
    expect(asked).not.toContain('A x.invalid');
  });

  it('says what is wrong when nothing is found or the protocol is not ours', async () => {
    const { resolve } = makeResolver({}, { protocols: ['UDP'] });
    await expect(resolve('sip:example.com')).rejects.toThrow('no address for example.com');
    await expect(resolve('sip:example.com;transport=tcp')).rejects.toThrow('asks for TCP');
    await expect(resolve('sips:example.com')).rejects.toThrow('asks for TLS');
  });

  it('tries no more than 16 places', async () => {
    const many = Array.from({ length: 40 }, (_, at) => `192.0.2.${at}`);
    const { resolve } = makeResolver({ addresses: { 'example.com': many } });
    expect(await resolve('sip:example.com:5060')).toHaveLength(16);
  });
});

describe('orderSrv', () => {
  it('keeps priorities apart and draws within one by weight', () => {
    let seed = 1;
    const random: Random = {
      bytes: (length) => new Uint8Array(length),
      fraction: () => {
        seed = (seed * 48271) % 2147483647;
        return seed / 2147483647;
      },
    };
    const records = [srv('backup', 1, 20), srv('heavy', 1, 10, 90), srv('light', 1, 10, 10), srv('never', 1, 10, 0)];
    let heavyFirst = 0;
    for (let round = 0; round < 1000; round++) {
      const order = orderSrv(records, random).map(({ name }) => name);
      expect(order).toHaveLength(4);
      expect(order[3]).toBe('backup');
      if (order[0] === 'heavy') heavyFirst++;
    }
    expect(heavyFirst).toBeGreaterThan(850);
    expect(heavyFirst).toBeLessThan(950);
  });
});
