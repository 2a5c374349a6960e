import { describe, expect, it } from 'vitest';
import { type NameSources, resolveName } from './name-resolver.js';

const failing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(`query ${code}`), { code });
};

function sourcesOf(servers: { resolve4(): Promise<string[]>; resolve6(): Promise<string[]> }) {
  const asked: string[] = [];
  const system = async (hostname: string) => {
    asked.push(hostname);
    return [{ address: '192.0.2.9', family: 4 }];
  };
  return { asked, sources: { servers: servers as unknown as NameSources['servers'], system } };
}

describe('a host name', () => {
  it('is resolved by the name servers, in both families', async () => {
    const { asked, sources } = sourcesOf({
      resolve4: async () => ['192.0.2.1'],
      resolve6: async () => ['2001:db8::1'],
    });
    expect(await resolveName('crm.example', sources)).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    expect(asked).toEqual([]);
  });

  it('has the addresses of one family when the other cannot be asked', async () => {
    const { sources } = sourcesOf({ resolve4: async () => ['192.0.2.1'], resolve6: failing('ETIMEOUT') });
    expect(await resolveName('crm.example', sources)).toEqual([{ address: '192.0.2.1', family: 4 }]);
  });

  it.each([
    ['ENOTFOUND', 'ENOTFOUND'],
    ['ENODATA', 'ENODATA'],
    ['ECONNREFUSED', 'ECONNREFUSED'],
  ])('that the servers do not know (%s, %s) is looked up by the system, in the hosts file', async (four, six) => {
    const { asked, sources } = sourcesOf({ resolve4: failing(four), resolve6: failing(six) });
    expect(await resolveName('crm.lan', sources)).toEqual([{ address: '192.0.2.9', family: 4 }]);
    expect(asked).toEqual(['crm.lan']);
  });

  it.each([
    ['ETIMEOUT', 'ETIMEOUT'],
    ['ESERVFAIL', 'ENODATA'],
    ['ENODATA', 'EREFUSED'],
  ])('of servers that do not answer (%s, %s) costs the system’s lookup no thread', async (four, six) => {
    const { asked, sources } = sourcesOf({ resolve4: failing(four), resolve6: failing(six) });
    const code = [four, six].find((one) => one !== 'ENODATA');
    await expect(resolveName('dead.example', sources)).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  it.each(['localhost', 'LOCALHOST.', 'crm'])('without a dot is the system’s: %s', async (name) => {
    const { asked, sources } = sourcesOf({ resolve4: failing('ETIMEOUT'), resolve6: failing('ETIMEOUT') });
    await resolveName(name, sources);
    expect(asked).toEqual([name]);
  });
});
