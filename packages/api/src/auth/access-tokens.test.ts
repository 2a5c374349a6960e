import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { AccessTokens } from './access-tokens.js';
import { VerifiedTokens } from './verified-tokens.js';

const admin = { email: 'a@acme.example', name: 'A', role: 'admin' as const, accountSid: 'acme' };
const claims = { email: admin.email, role: admin.role, accountSid: admin.accountSid };

function begin() {
  const clock = new FakeClock();
  return { clock, tokens: new AccessTokens({ key: new Uint8Array(32).fill(7), clock }) };
}

describe('AccessTokens', () => {
  it('knows its token for as long as it lives, seen before or not', async () => {
    const { clock, tokens } = begin();
    const { token, expiresInSec } = await tokens.issue(admin);
    expect(await tokens.verify(token)).toEqual(claims);
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance((expiresInSec - 2) * 1000);
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance(2_000);
    expect(await tokens.verify(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('refuses a token with another signature, also when the true one was seen', async () => {
    const { tokens } = begin();
    const { token } = await tokens.issue(admin);
    expect(await tokens.verify(token)).toEqual(claims);
    const other = new AccessTokens({ key: new Uint8Array(32).fill(8), clock: new FakeClock() });
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${(await other.issue(admin)).token.split('.')[2]}`;
    expect(await tokens.verify(forged)).toBeUndefined();
    expect(await tokens.verify(forged)).toBeUndefined();
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
