import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Bootstrap } from './bootstrap.js';
import * as contracts from './index.js';

const accepts = (schema: TSchema, value: unknown) => Compile(schema).Check(value);

const carrier = { name: 'Acme', sip_address: 'sip.acme.example:5070' };

describe('bootstrap', () => {
  it('has a schema that says what the type says', () => {
    expectTypeOf<Static<typeof contracts.BootstrapSchema>>().toEqualTypeOf<Bootstrap>();
    expect(accepts(contracts.BootstrapSchema, { http_url: 'http://127.0.0.1:8080' })).toBe(false);
  });
});

describe('phone numbers', () => {
  it.each(['+919876543210', '09876543210', '+1 (212) 555-0100', '100'])('takes %s as typed', (number) => {
    expect(accepts(contracts.PhoneNumber, number)).toBe(true);
  });

  it.each(['', '+', 'sip:100@x', '12\r\n34', '+91 98765 43210; ext=1', '9'.repeat(33)])('refuses %j', (number) => {
    expect(accepts(contracts.PhoneNumber, number)).toBe(false);
  });

  it('answers numbers in E.164 only', () => {
    expect(accepts(contracts.E164Number, '+919876543210')).toBe(true);
    expect(accepts(contracts.E164Number, '09876543210')).toBe(false);
  });
});

describe('carriers', () => {
  it('needs a name and an address, no more', () => {
    expect(accepts(contracts.CarrierCreate, carrier)).toBe(true);
    expect(accepts(contracts.CarrierCreate, { name: 'Acme' })).toBe(false);
  });

  it('has defaults for the rest that are allowed values', () => {
    expect(accepts(contracts.CarrierCreate, { ...contracts.carrierDefaults, ...carrier })).toBe(true);
  });

  it.each([
    ['outbound_cps', 0.1, 100, 0.05, 101],
    ['outbound_burst', 1, 1000, 0, 1001],
    ['outbound_channels', 1, 500, 0, 501],
  ])('keeps %s in its range', (field, least, most, tooSmall, tooBig) => {
    const ok = (value: number) => accepts(contracts.CarrierCreate, { ...carrier, [field]: value });
    expect([least, most, tooSmall, tooBig].map(ok)).toEqual([true, true, false, false]);
  });

  it.each(['203.0.113.7', '[2001:db8::1]:5061', 'a.example', 'a.example:5060'])('takes the address %s', (address) => {
    expect(accepts(contracts.CarrierCreate, { ...carrier, sip_address: address })).toBe(true);
  });

  it.each(['', 'sip:a.example', 'a b', 'a.example:', '-a', '[::1', 'a.example/x'])(
    'refuses the address %j',
    (address) => {
      expect(accepts(contracts.CarrierCreate, { ...carrier, sip_address: address })).toBe(false);
    },
  );

  it('opens prefixes written as + and digits', () => {
    const ok = (prefixes: string[]) => accepts(contracts.CarrierUpdate, { outbound_allowed_prefixes: prefixes });
    expect(['+44', '+8816', '+1'].every((prefix) => ok([prefix]))).toBe(true);
    expect(['44', '+', '+0', '+44 20', '+44*'].some((prefix) => ok([prefix]))).toBe(false);
  });

  it('takes an update of one field, null to clear, but no unknown field and no empty one', () => {
    const ok = (value: unknown) => accepts(contracts.CarrierUpdate, value);
    expect(ok({ outbound_auth_password: null })).toBe(true);
    expect(ok({ name: 'Other' })).toBe(true);
    expect(ok({})).toBe(false);
    expect(ok({ simulated: true })).toBe(false);
  });

  it('answers no password', () => {
    expect(Object.keys(contracts.CarrierRead.properties)).not.toContain('inbound_auth_password');
    expect(Object.keys(contracts.CarrierRead.properties)).not.toContain('outbound_auth_password');
  });
});

describe('numbers', () => {
  it('points at a user or at users, not at something in between', () => {
    const ok = (target: unknown) => accepts(contracts.DidCreate, { number: '+911140000000', target });
    expect(ok({ type: 'user', app_id: 'a', user_id: 'asha' })).toBe(true);
    expect(ok({ type: 'users', app_id: 'a', user_ids: ['asha', 'ravi'] })).toBe(true);
    expect(ok(null)).toBe(true);
    expect(ok({ type: 'user', app_id: 'a', user_ids: ['asha'] })).toBe(false);
    expect(ok({ type: 'users', app_id: 'a', user_ids: [] })).toBe(false);
    expect(ok({ type: 'users', app_id: 'a', user_ids: ['asha', 'asha'] })).toBe(false);
  });

  it('points at a flow of the account', () => {
    const ok = (target: unknown) => accepts(contracts.DidCreate, { number: '+911140000000', target });
    expect(ok({ type: 'flow', flow_id: 'flow_1' })).toBe(true);
    expect(ok({ type: 'flow', flow_id: 'flow_1', app_id: 'a' })).toBe(false);
    expect(ok({ type: 'flow' })).toBe(false);
  });
});

describe('simulated calls', () => {
  it('takes a script of known steps only', () => {
    const ok = (answer_script: unknown) =>
      accepts(contracts.SimulatorCallRequest, { to: '+911140000000', answer_script });
    expect(ok([{ wait_ms: 100 }, { dtmf: '12#,' }, { tone_hz: 1000, ms: 500 }, { hangup: true }])).toBe(true);
    expect(ok([{ hangup: false }])).toBe(false);
    expect(ok([{ dtmf: 'x' }])).toBe(false);
    expect(ok([{ tone_hz: 1000 }])).toBe(false);
    expect(ok([{ wait_ms: 1, hangup: true }])).toBe(false);
    expect(ok(Array.from({ length: 101 }, () => ({ wait_ms: 1 })))).toBe(false);
  });
});

describe('calls', () => {
  it('gives each status its word as a type', () => {
    expectTypeOf<contracts.CallSummary['status']>().toEqualTypeOf<
      'queued' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled'
    >();
    expect(accepts(contracts.CallStatus, 'canceled')).toBe(true);
    expect(accepts(contracts.CallStatus, 'cancelled')).toBe(false);
  });
});

describe('lists', () => {
  it('pages with a bounded limit and a cursor that is opaque text', () => {
    const ok = (query: unknown) => accepts(contracts.CallListQuery, query);
    expect(ok({ limit: 200, cursor: 'MTIz', status: 'no-answer' })).toBe(true);
    expect(ok({ limit: 201 })).toBe(false);
    expect(ok({ cursor: 'a b' })).toBe(false);
    expect(ok({ status: 'ended' })).toBe(false);
  });
});

/** Every object schema within a schema. */
function* objectsIn(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  if ('type' in schema && schema.type === 'object' && 'properties' in schema) yield schema as Record<string, unknown>;
  for (const part of Object.values(schema)) yield* objectsIn(part);
}

/** Every text schema within a schema. */
function* textsIn(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  const isFree = !('const' in schema) && !('enum' in schema);
  if ('type' in schema && schema.type === 'string' && isFree) yield schema as Record<string, unknown>;
  for (const part of Object.values(schema)) yield* textsIn(part);
}

describe('inputs', () => {
  const inputs = {
    LoginRequest: contracts.LoginRequest,
    CarrierCreate: contracts.CarrierCreate,
    CarrierUpdate: contracts.CarrierUpdate,
    DidCreate: contracts.DidCreate,
    DidUpdate: contracts.DidUpdate,
    CallCreate: contracts.CallCreate,
    SimulatorCallRequest: contracts.SimulatorCallRequest,
    CallListQuery: contracts.CallListQuery,
  };

  it.each(Object.entries(inputs))('%s takes no unknown field and no text without a bound', (_name, schema) => {
    for (const object of objectsIn(schema)) expect(object.additionalProperties).toBe(false);
    for (const text of textsIn(schema)) expect(text.maxLength, JSON.stringify(text)).toBeDefined();
  });
});
