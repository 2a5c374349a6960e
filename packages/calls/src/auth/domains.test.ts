import { expect, it } from 'vitest';
import { accountSidOf } from './domains.js';

it.each([
  ['acme.sip.test', 'acme'],
  ['ACME.sip.test', 'acme'],
  ['acme.voip.exotel.com', 'acme'],
  ['sip.test', undefined],
  ['a.b.sip.test', undefined],
  ['evilsip.test', undefined],
])('the account of %s is %s', (host, account) => {
  expect(accountSidOf(host, ['sip.test'])).toBe(account);
});
