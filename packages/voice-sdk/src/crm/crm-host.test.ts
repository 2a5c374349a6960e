import { expect, it } from 'vitest';
import { crmHostOf } from './crm-host.js';

const exotel = 'https://integrationscore.mum1.exotel.com';

it.each([
  [{}, exotel, 'wss://voip.in1.exotel.com/wss'],
  [{ host: 'calls.example.com' }, 'https://calls.example.com', 'wss://calls.example.com/wss'],
  [{ host: 'calls.example.com:8443/' }, 'https://calls.example.com:8443', 'wss://calls.example.com:8443/wss'],
  [{ host: 'http://10.0.0.9:8080' }, 'http://10.0.0.9:8080', 'ws://10.0.0.9:8080/wss'],
  [{ host: '127.0.0.1:8080' }, 'http://127.0.0.1:8080', 'ws://127.0.0.1:8080/wss'],
  [{ host: '[::1]:8080' }, 'http://[::1]:8080', 'ws://[::1]:8080/wss'],
  [{ host: 'https://crm.example/telephony/' }, 'https://crm.example/telephony', 'wss://crm.example/wss'],
  [{ sip: { url: 'wss://sip.example.com:7443/ws' } }, exotel, 'wss://sip.example.com:7443/ws'],
])('%j leads to %s and %s', (options, apiUrl, sipUrl) => {
  const host = crmHostOf(options);
  expect(host.apiUrl).toBe(apiUrl);
  expect(host.sipUrl.href).toBe(sipUrl);
  expect(host.sipDomain).toBe('voip.exotel.com');
});

it('takes another SIP domain', () => {
  expect(crmHostOf({ host: 'calls.example.com', sip: { domain: 'intermix.local' } }).sipDomain).toBe('intermix.local');
});

it.each([
  [{ host: '' }, 'host'],
  [{ host: 'ftp://calls.example.com' }, 'host'],
  [{ host: 'two words' }, 'host'],
  [{ sip: { url: 'https://sip.example.com' } }, 'sip.url'],
])('refuses %j and names the field', (options, field) => {
  expect(() => crmHostOf(options)).toThrow(expect.objectContaining({ problem: 'invalid-options', field, fatal: true }));
});
