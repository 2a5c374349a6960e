import { createHash, timingSafeEqual } from 'node:crypto';
import type { BotAuth } from '../ports/bot-store.js';

/** What a connection shows: the value of its Authorization header, and `token` of its query. */
export interface Shown {
  authorization: string | undefined;
  token: string | undefined;
}

/** Whether a connection may have the bot. Compares in constant time. An empty secret is none: it opens for nobody. */
export function mayOpen(auth: BotAuth, shown: Shown): boolean {
  switch (auth.type) {
    case 'none':
      return true;
    case 'token':
      return auth.token !== '' && isSame(shown.token ?? '', auth.token);
    case 'basic':
      return auth.password !== '' && isSame(basicOf(shown.authorization), `${auth.username}:${auth.password}`);
  }
}

/** Whether two secrets are the same text, whatever their lengths, in constant time. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function basicOf(authorization = ''): string {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization)?.[1] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf8');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
