import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { AccessTokens } from './access-tokens.js';
import type { Admin } from './admin.js';
import { VerifiedTokens } from './verified-tokens.js';

const times = { lastLoginAt: undefined, createdAt: new Date(0) };
const admin: Admin = {
  ...{ id: 'adm_1', email: 'a@acme.example', name: 'A', role: 'admin', accountSid: 'acme' },
  ...{ passwordHash: '$', isActive: true, ...times },
};
const session = { sessionId: 'ses_1', admin };
const claims = { personId: 'adm_1', email: admin.email, role: 'admin', accountSid: 'acme', sessionId: 'ses_1' };

function begin(keyOctet = 7) {
  const clock = new FakeClock();
  const live = new Map([['ses_1', session]]);
  const sessions = { find: async (id: string) => live.get(id) };
  return { clock, live, tokens: new AccessTokens({ key: new Uint8Array(32).fill(keyOctet), clock, sessions }) };
}

describe('AccessTokens', () => {
  it('knows its token for as long as it lives, seen before or not', async () => {
    const { clock, tokens } = begin();
    const { token, expiresInSec } = await tokens.issue(session);
    expect(expiresInSec).toBe(900);
    expect(await tokens.verify(token)).toEqual(claims);
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance((expiresInSec - 2) * 1000);
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance(2_000);
    expect(await tokens.verify(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('says who the person is, and goes by what they may now', async () => {
    const { tokens, live } = begin();
    const { token } = await tokens.issue(session);
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(payload).toMatchObject({ sub: admin.email, role: 'admin', name: 'A', exp: expect.any(Number) });
    live.set('ses_1', { ...session, admin: { ...admin, role: 'agent' } });
    expect(await tokens.verify(token)).toEqual({ ...claims, role: 'agent' });
    live.delete('ses_1');
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('refuses a token with another signature, also when the true one was seen', async () => {
    const { tokens } = begin();
    const { token } = await tokens.issue(session);
    expect(await tokens.verify(token)).toEqual(claims);
    const { tokens: other } = begin(8);
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${(await other.issue(session)).token.split('.')[2]}`;
    expect(await tokens.verify(forged)).toBeUndefined();
    expect(await tokens.verify(forged)).toBeUndefined();
    expect(await tokens.clientOf(forged, admin.email)).toBeUndefined();
  });

  it('recognises the client of an expired token, for the person that it was given to', async () => {
    const { tokens, clock } = begin();
    const { token } = await tokens.issue(session);
    clock.advance(80 * 24 * 3_600_000);
    expect(await tokens.clientOf(token, 'A@acme.example')).toBe('ses_1');
    expect(await tokens.clientOf(token, 'b@acme.example')).toBeUndefined();
    clock.advance(11 * 24 * 3_600_000);
    expect(await tokens.clientOf(token, admin.email)).toBeUndefined();
  });
});

describe('VerifiedTokens', () => {
  it('forgets the one that was not used for longest', () => {
    const verified = new VerifiedTokens<number>();
    for (let n = 0; n < 1_000; n++) verified.keep(`token ${n}`, n, 100);
    expect(verified.find('token 0', 0)).toBe(0);
    verified.keep('one more', -1, 100);
    expect(verified.size).toBe(1_000);
    expect(verified.find('token 0', 0)).toBe(0);
    expect(verified.find('token 1', 0)).toBeUndefined();
  });
});
