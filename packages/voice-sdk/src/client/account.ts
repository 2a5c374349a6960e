import { NameAddr, SipUri } from '@intermix/sip';
import { VoiceError } from '../errors.js';

/** Who the page is to the server. */
export interface VoiceAccount {
  /** `wss://host[:port]/path` of the server's SIP over WebSocket. */
  serverUrl: string;
  /** User part of the address of record: `sip:<username>@<domain>`. */
  username: string;
  /** Digest user name, where it differs from `username`. */
  authUser?: string;
  password: string;
  /** Domain of the address of record and of the registrar. */
  domain: string;
  /** Shown to the people who are called; `username` unless given. */
  displayName?: string;
}

/** Stands for the account of a page whose `tokenProvider` has not told it yet. */
export const unknownAccount: VoiceAccount = {
  serverUrl: 'wss://unknown.invalid',
  username: 'unknown',
  password: '-',
  domain: 'unknown.invalid',
};

/** Checks the account and gives its address of record. Throws VoiceError `invalid-options`. */
export function addressOfRecord(account: VoiceAccount): NameAddr {
  for (const field of ['serverUrl', 'username', 'domain', 'password'] as const) {
    if (typeof account[field] !== 'string' || account[field] === '') {
      throw new VoiceError('invalid-options', `"${field}" is missing`, { field });
    }
  }
  if (!/^wss?:\/\/[^/]/.test(account.serverUrl)) {
    throw new VoiceError('invalid-options', '"serverUrl" must begin with wss:// or ws://', { field: 'serverUrl' });
  }
  try {
    const uri = SipUri.create({ user: account.username, host: account.domain });
    return NameAddr.create({ displayName: account.displayName ?? account.username, uri });
  } catch (cause) {
    throw new VoiceError('invalid-options', '"username" or "domain" cannot stand in a SIP address', {
      cause,
      field: 'username',
    });
  }
}

/**
 * What a person dials as a SIP URI: a full `sip:` URI, `user@host`, a user name, or a number written with the usual
 * spaces, dots, dashes and brackets. Throws VoiceError `invalid-target`.
 */
export function targetUri(target: string, domain: string): SipUri {
  const text = target.trim();
  try {
    if (/^sips?:/i.test(text)) return SipUri.parse(text);
    if (/^[^\s@]+@[^\s@]+$/.test(text)) return SipUri.parse(`sip:${text}`);
    const user = /^[+(\d][\d\s().-]*[\d#*]?$/.test(text) ? text.replace(/[\s().-]/g, '') : text;
    if (!/^[\w.+*#~-]{1,128}$/.test(user)) throw new Error('not a number and not a user name');
    return SipUri.create({ user, host: domain });
  } catch (cause) {
    throw new VoiceError('invalid-target', `"${text.slice(0, 64)}" cannot be called`, { cause });
  }
}
