import { describe, expect, it } from 'vitest';
import { withExpires, withoutExpires } from './contact-text.js';

describe('Contact text', () => {
  it.each([
    ['<sip:a@b>', '<sip:a@b>;expires=9'],
    ['<sip:a@b>;expires=60;q=0.5', '<sip:a@b>;q=0.5;expires=9'],
    ['<sip:a@b;expires=1>;Expires = 60', '<sip:a@b;expires=1>;expires=9'],
    ['sip:a@b;expires=60', 'sip:a@b;expires=9'],
    ['"x>;expires=5" <sip:a@b>', '"x>;expires=5" <sip:a@b>;expires=9'],
  ])('%s with 9 seconds is %s', (contact, expected) => {
    expect(withExpires(contact, 9)).toBe(expected);
    expect(withExpires(withoutExpires(contact), 9)).toBe(expected);
  });
});
