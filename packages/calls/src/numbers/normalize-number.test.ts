import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClosedNumber } from './closed-numbers.js';
import { countryCodeOf } from './country-codes.js';
import { normalizeNumber, toE164 } from './normalize-number.js';

describe('normalizeNumber', () => {
  it.each([
    ['9876543210', '+919876543210'],
    ['09876543210', '+919876543210'],
    ['919876543210', '+919876543210'],
    ['00919876543210', '+919876543210'],
    ['+919876543210', '+919876543210'],
    ['+91 98765-43210', '+919876543210'],
    ['+91 (0) 98765 43210', '+919876543210'],
    ['08047112233', '+918047112233'],
    ['sip:+919876543210@203.0.113.7:5060;user=phone', '+919876543210'],
    ['sip:+919876543210;npdi@carrier.example', '+919876543210'],
    ['sips:09876543210@carrier.example', '+919876543210'],
    ['tel:+91-98765-43210', '+919876543210'],
    ['tel:9876543210;phone-context=+91', '+919876543210'],
    ['%2B919876543210', '+919876543210'],
    ['0014155550100', '+14155550100'],
    ['+14155550100', '+14155550100'],
    ['18001234567', '+9118001234567'],
  ])('[NUM1] reads %s as %s', (text, number) => {
    expect(normalizeNumber(text)).toEqual({ kind: 'e164', number });
  });

  it.each([
    ['100', 'short-code'],
    ['112', 'short-code'],
    ['139', 'short-code'],
    ['56767', 'short-code'],
    ['alice', 'name'],
    ['anonymous', 'name'],
    ['*21#', 'name'],
    ['5876543210', 'name'],
    ['+123', 'name'],
    ['+0919876543210', 'name'],
    ['+1234567890123456', 'name'],
    ['', 'name'],
    ['john.doe-2', 'name'],
  ])('[NUM2] keeps %s apart as %s', (text, kind) => {
    expect(normalizeNumber(text).kind).toBe(kind);
  });

  it('[NUM3] takes national numbers of the country of the carrier', () => {
    expect(toE164('4155550100', { country: 'US' })).toBe('+14155550100');
    expect(toE164('07700900123', { country: 'GB' })).toBe('+447700900123');
    expect(toE164('9876543210', { country: 'ZZ' })).toBeUndefined();
  });

  it('[NUM4] gives the same number when read again, for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const once = toE164(text);
        if (once !== undefined) expect(toE164(once)).toBe(once);
      }),
    );
  });
});

describe('country codes', () => {
  it('[NUM5] finds the country by the longest prefix', () => {
    expect(countryCodeOf('+919876543210')).toBe('91');
    expect(countryCodeOf('+14155550100')).toBe('1');
    expect(countryCodeOf('+18765550100')).toBe('1876');
    expect(countryCodeOf('+77012345678')).toBe('77');
    expect(countryCodeOf('+9997654321')).toBeUndefined();
  });

  it.each([
    ['+881612345678', 'satellite'],
    ['+87012345678', 'satellite, too short for its plan'],
    ['+882161234567', 'an international network'],
    ['+979123456789', 'international premium rate'],
    ['+19005550123', 'North America, premium'],
    ['+449012345678', 'United Kingdom, premium'],
    ['+448712345678', 'United Kingdom, service numbers'],
    ['+447012345678', 'United Kingdom, personal'],
    ['+33899123456', 'France, premium'],
    ['+491371234567', 'Germany, mass calls'],
    ['+46900123456', 'Sweden, premium'],
    ['+48701234567', 'Poland, premium'],
    ['+4490123456789', 'United Kingdom, premium, a digit too many'],
    ['+44901234567', 'United Kingdom, premium, a digit too few'],
    ['+190055501', 'North America, premium, two digits too few'],
  ])('[NUM6] %s is closed: %s', (number) => {
    expect(isClosedNumber(number)).toBe(true);
  });

  it.each([
    ['+447712345678'],
    ['+919001234567'],
    ['+919876543210'],
    ['+13095551234'],
    ['+18005550123'],
    ['+9997654321'],
  ])('[NUM6] %s is not closed', (number) => {
    expect(isClosedNumber(number)).toBe(false);
  });

  it('[NUM7] a closed number is opened by a prefix that names more than its country', () => {
    expect(isClosedNumber('+881612345678', ['+881'])).toBe(false);
    expect(isClosedNumber('+881612345678', ['+8816'])).toBe(false);
    expect(isClosedNumber('+881612345678', ['+8817', '+979'])).toBe(true);
    expect(isClosedNumber('+449012345678', ['+4', '+44'])).toBe(true);
    expect(isClosedNumber('+449012345678', ['+449'])).toBe(false);
    expect(isClosedNumber('+449012345678', ['+44909'])).toBe(true);
  });
});
