import { describe, expect, it } from 'vitest';
import * as read from './header-values.js';
import { Headers } from './headers.js';
import { SipResponse } from './message.js';
import { NameAddr } from './name-addr.js';

const message = (...fields: [string, string][]) => new SipResponse(200, 'OK', new Headers(fields));

describe('header values', () => {
  it('reads seconds, and caps what no clock can hold', () => {
    expect(['60', ' 0060 ', '', '-1', '6s', '4294967297', '9'.repeat(60)].map(read.parseDeltaSeconds)).toEqual([
      60,
      60,
      undefined,
      undefined,
      undefined,
      4294967295,
      4294967295,
    ]);
    expect(read.parseDeltaSeconds(undefined)).toBeUndefined();
    expect(read.expiresOf(message(['Expires', '3600']))).toBe(3600);
    expect(read.minExpiresOf(message(['Min-Expires', '1800']))).toBe(1800);
  });

  it.each<[string, number | undefined]>([
    ['18000;duration=3600', 18000],
    ['120 (I am in a meeting)', 120],
    ['120', 120],
    ['soon', undefined],
    ['12x', undefined],
  ])('reads Retry-After %s', (value, seconds) => {
    expect(read.retryAfterOf(message(['Retry-After', value]))).toBe(seconds);
  });

  it('reads what a Contact says of itself', () => {
    const contact = NameAddr.parse('<sip:a@h>;expires=60;q=0.7');
    expect(read.contactExpires(contact, message(['Expires', '3600']))).toBe(60);
    expect(read.contactExpires(NameAddr.parse('<sip:a@h>'), message(['Expires', '3600']))).toBe(3600);
    expect(read.contactExpires(NameAddr.parse('<sip:a@h>'), message())).toBeUndefined();
    const q = (text: string) => read.contactQ(NameAddr.parse(`<sip:a@h>${text}`));
    expect([';q=0.7', ';q=1', ';q=0', '', ';q=2', ';q=high'].map(q)).toEqual([0.7, 1, 0, 1, 1, 1]);
  });

  it('reads lists of tokens over several fields', () => {
    const response = message(
      ['k', 'Timer, 100rel'],
      ['Supported', 'path'],
      ['Require', 'outbound'],
      ['Allow', 'INVITE,BYE, "x"'],
    );
    expect(read.optionTags(response, 'Supported')).toEqual(['timer', '100rel', 'path']);
    expect([
      read.supports(response, 'PATH'),
      read.supports(response, 'outbound'),
      read.supports(response, 'gruu'),
    ]).toEqual([true, true, false]);
    expect(read.allowedMethods(response)).toEqual(['INVITE', 'BYE']);
    expect(read.allowedMethods(message())).toBeUndefined();
  });

  it('reads a value with parameters', () => {
    expect(read.parseParameterized('1800 ; refresher=uac')).toEqual({
      value: '1800',
      params: new Map([['refresher', 'uac']]),
    });
    expect(read.parseParameterized('call@id;to-tag=1;from-tag=2')?.value).toBe('call@id');
    expect(read.parseParameterized(';x')).toBeUndefined();
    expect(read.parseParameterized('a;;')).toBeUndefined();
  });
});
