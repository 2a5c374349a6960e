import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redact, redactText } from './redaction.js';

it('[SDK-D2] blots out secrets by name, in nested fields and in SIP text', () => {
  const sip = 'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="u", response="abc"\r\nTo: <sip:b>';
  const clean = JSON.stringify(
    redact({ secret: 's3', account: { sip_password: 's3', list: [{ accessToken: 's3' }] }, sip }, true),
  );
  expect(clean).not.toMatch(/s3|abc/);
  expect(clean).toContain('To: <sip:b>');
});

it.each([
  ['INVITE sip:+919876543210@acme.example SIP/2.0', 'INVITE sip:***3210@acme.example SIP/2.0'],
  ['"9876543210" <sip:9876543210@a>', '"***3210" <sip:***3210@a>'],
  ['called 98765 43210 twice', 'called ***3210 twice'],
  ['short 1234567', 'short ***67'],
  ['candidate 192.168.100.100:50000 udp', 'candidate 192.168.100.100:50000 udp'],
  ['SIP/2.0 200 OK after 123456 ms', 'SIP/2.0 200 OK after 123456 ms'],
  ['call 5f8d0d55b54764421b7156c9', 'call 5f8d0d55b54764421b7156c9'],
  ['[2026-11-21T20:48:15.123Z] [LOG] x', '[2026-11-21T20:48:15.123Z] [LOG] x'],
])('shows only the end of phone numbers: %s', (text, clean) => {
  expect(redactText(text, false)).toBe(clean);
  expect(redactText(text, true)).toBe(text);
  expect(redactText(clean, false)).toBe(clean);
});

it.each([
  ['to wss://priya:s3@calls.example:8443/wss?token=s3#s3 now', 'to wss://calls.example:8443/wss now'],
  ['{"url":"wss://priya:s3@s3@a.example/wss?jwt=s3"}', '{"url":"wss://a.example/wss"}'],
  [String.raw`{\"url\":\"https://a.example?access=s3\"}`, String.raw`{\"url\":\"https://a.example\"}`],
  ['sip:priya@acme.example;transport=ws?', 'sip:priya@acme.example;transport=ws?'],
])('[SDK-D2] shows neither user nor query of a URL: %s', (text, clean) => {
  expect(redactText(text, true)).toBe(clean);
  expect(redactText(clean, true)).toBe(clean);
});

it('leaves the ids of calls as they are', () => {
  const ids = { callId: '12345678901@host', callSid: '1234567890', remote: '1234567890' };
  expect(redact(ids, false)).toEqual({ ...ids, remote: '***7890' });
});

it('takes anything, and no secret and no whole number comes through', () => {
  const number = fc.stringMatching(/^\+?[1-9][0-9]{8,13}$/);
  fc.assert(
    fc.property(fc.anything(), number, fc.stringMatching(/^[a-z]{12}$/), (anything, phone, secret) => {
      const value = { anything, deep: [{ phone, apiToken: secret, text: `to ${phone}; "password": "${secret}"` }] };
      const text = JSON.stringify(redact(value, false)) ?? '';
      expect(text).not.toContain(secret);
      expect(text.includes(phone.replace('+', '')) && !JSON.stringify(String(anything)).includes(phone)).toBe(false);
    }),
    { numRuns: 300 },
  );
});
