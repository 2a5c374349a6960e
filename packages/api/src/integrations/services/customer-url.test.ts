import { describe, expect, it } from 'vitest';
import { urlProblem } from './customer-url.js';

describe('a URL of a customer', () => {
  it.each([
    ['http', 'https://crm.example/hooks?a=b#c'],
    ['http', 'HTTP://crm.example'],
    ['http', 'http://user:secret@crm.example:8080/'],
    ['http', `https://crm.example/${'x'.repeat(1_980)}`],
    ['ws', 'wss://bot.example/stream?sample-rate=16000'],
    ['ws', 'ws://[2001:db8::1]:9000'],
  ] as const)('may be %s: %s', (kind, url) => {
    expect(urlProblem(url, kind)).toBeUndefined();
  });

  it.each([
    ['http', 'crm.example'],
    ['http', 'ftp://crm.example'],
    ['http', 'javascript:alert(1)'],
    ['http', 'wss://crm.example'],
    ['http', 'https://'],
    ['http', 'https:crm.example'],
    ['http', ' https://crm.example'],
    ['http', 'https://crm.example/a b'],
    ['http', 'https://crm.example\\@evil.example'],
    ['http', ''],
    ['http', `https://crm.example/${'x'.repeat(2_000)}`],
    ['ws', 'https://bot.example'],
  ] as const)('may not be, for %s: %j; the cure is told', (kind, url) => {
    expect(urlProblem(url, kind)).toMatch(/give a URL that begins with|at most 2000 characters/);
  });
});
