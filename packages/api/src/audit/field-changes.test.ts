import { describe, expect, it } from 'vitest';
import { changedFields, givenFields, lostFields } from './field-changes.js';

describe('what an entry tells of fields', () => {
  it('is what differs, field by field', () => {
    const before = {
      id: 'x',
      updated_at: '1',
      name: 'a',
      target: { type: 'user', user_id: 'asha' },
      list: [1],
      same: 1,
    };
    const after = {
      id: 'x',
      updated_at: '2',
      name: 'b',
      target: { type: 'user', user_id: 'ravi' },
      list: [1, 2],
      same: 1,
    };
    expect(changedFields(before, after, { name: 'b' })).toEqual({
      name: { from: 'a', to: 'b' },
      'target.user_id': { from: 'asha', to: 'ravi' },
      list: { from: [1], to: [1, 2] },
    });
    expect(lostFields({ id: 'x', name: 'a' })).toEqual({ name: { from: 'a' } });
    expect(givenFields({ name: 'a', label: null })).toEqual({ name: { to: 'a' }, label: { to: null } });
    expect([givenFields(null), givenFields('text'), lostFields(undefined)]).toEqual([{}, {}, {}]);
  });

  it('tells of a new thing what the API shows of it', () => {
    const body = { name: ' a ', config: { bearer: 'planted', tools: [{ url: 'x', auth: 'planted' }] }, spoken: 1 };
    const answer = { bot_id: 'bot_1', name: 'a', config: { bearer: '••••', tools: [{ url: 'x', auth: '••••' }] } };
    const given = givenFields(body, answer);
    expect(given).toMatchObject({ name: { to: 'a' }, 'config.bearer': { to: '••••' }, spoken: { to: 1 } });
    expect(JSON.stringify(given)).not.toContain('planted');
  });

  it.each([
    [{ password: 'planted' }],
    [{ outbound_auth_password: 'planted' }],
    [{ apiKey: 'planted' }],
    [{ 'api-key': 'planted' }],
    [{ providers: { openai: { key: 'planted' } } }],
    [{ secret: { inner: 'planted' } }],
    [{ webhook_secret: ['planted'] }],
    [{ tools: [{ name: 'x', headers: { 'X-Whatever': 'planted' } }] }],
    [{ tools: [{ auth: { access_token: 'planted' } }] }],
    [{ url: 'https://user:planted@host.example/path' }],
    [{ url: 'wss://host.example/path?token=planted' }],
    [{ texts: ['see https://host.example/a?x=planted and https://planted@host.example/b'] }],
    [{ SipPassword: 'planted', nested: { deep: { deeper: { deepest: { core: { secret: 'planted' } } } } } }],
  ])('holds nothing of a secret: %j', (body) => {
    const told = [givenFields(body), lostFields(body), changedFields({}, body, body), changedFields(body, {}, {})];
    told.push(changedFields({ a: 1 }, { a: 1 }, body));
    expect(JSON.stringify(told)).not.toContain('planted');
    expect(Object.keys(givenFields(body)).length).toBeGreaterThan(0);
  });

  it('says that a secret was given which the API does not show, and whether one is set', () => {
    const before = { name: 'a', password_set: false };
    const after = { name: 'a', password_set: true };
    expect(changedFields(before, after, { password: 'planted' })).toEqual({
      password_set: { from: false, to: true },
      password: { secret: true },
    });
  });

  it('is bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field${n}`, 'x'.repeat(5_000)]));
    const told = givenFields({ ...many, list: Array(5_000).fill('y') });
    expect(told['…']).toEqual({ more: 37 });
    expect(JSON.stringify(told).length).toBeLessThan(25_000);
    expect(JSON.stringify(givenFields({ list: Array(5_000).fill('y'), file: Buffer.alloc(9) })).length).toBeLessThan(
      2_000,
    );
    expect(givenFields({ file: Buffer.alloc(9) })).toEqual({ file: { to: '9 octets' } });
  });
});
