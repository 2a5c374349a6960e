import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';

/** A new secret: `whsec_` and base64 of 32 random octets. https://www.standardwebhooks.com */
export function newSigningSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** What is signed. */
export interface SignedParts {
  /** The event's id: the same in each repeat. */
  id: string;
  /** Seconds since 1970. */
  timestampSec: number;
  /** The exact text that is sent. */
  body: string;
}

/** The value of `webhook-signature`: one signature for each secret in force, separated by spaces. */
export function signatureOf({ id, timestampSec, body }: SignedParts, secrets: readonly string[]): string {
  const text = `${id}.${timestampSec}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(text).digest('base64')}`).join(' ');
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(prefix.length), 'base64');
}
