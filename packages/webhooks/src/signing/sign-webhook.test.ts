import { describe, expect, it } from 'vitest';
import { newSigningSecret, signatureOf } from './sign-webhook.js';

describe('Standard Webhooks signatures', () => {
  const parts = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSec: 1614265330, body: '{"test": 2432232314}' };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

  it('agrees with the vector of the specification', () => {
    expect(signatureOf(parts, [secret])).toBe(signature);
  });

  it('signs with each secret in force, and over every octet', () => {
    const other = newSigningSecret();
    const both = signatureOf(parts, [other, secret]);
    expect(both).toBe(`${signatureOf(parts, [other])} ${signature}`);
    expect(signatureOf({ ...parts, body: `${parts.body} ` }, [secret])).not.toBe(signature);
    expect(signatureOf({ ...parts, timestampSec: 1614265331 }, [secret])).not.toBe(signature);
    expect(signatureOf({ ...parts, id: 'msg_other' }, [secret])).not.toBe(signature);
  });

  it('makes secrets of 32 octets, none twice', () => {
    const made = new Set(Array.from({ length: 100 }, newSigningSecret));
    expect(made.size).toBe(100);
    for (const one of made) expect(Buffer.from(one.slice(6), 'base64')).toHaveLength(32);
  });
});
