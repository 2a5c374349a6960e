import type { CodecName } from '@intermix/media';
import { NameAddr, SipParseError, type SipRequest, SipUri } from '@intermix/sip';
import type { RegistrarConfig } from './registrar-config.js';

/** One Contact of a REGISTER. */
export interface ContactChange {
  /** The element as sent. */
  text: string;
  uri: SipUri;
  instance: string | undefined;
  regId: string | undefined;
  /** Codec that the device wants first in our offers, parameter `x-codec`. */
  preferredCodec: CodecName | undefined;
  /** What is granted; 0 removes. */
  expiresSec: number;
}

/** What a REGISTER asks for. `all` is `Contact: *`. No contacts at all is a query. */
export interface RegisterChange {
  all: boolean;
  contacts: readonly ContactChange[];
}

export type RegisterReading =
  | { ok: true; change: RegisterChange }
  | { ok: false; status: number; reason?: string; headers?: ReadonlyArray<readonly [string, string]> };

const maxContacts = 10;

/** Reads the Contact and Expires fields of a REGISTER, RFC 3261 §10.3 steps 6 and 7. */
export function readRegister(request: SipRequest, config: RegistrarConfig): RegisterReading {
  const elements = request.headers.list('contact');
  const headerExpires = secondsOf(request.headers.get('expires'));
  if (elements.some((element) => element.trim() === '*')) {
    const alone = elements.length === 1 && headerExpires === 0;
    return alone
      ? { ok: true, change: { all: true, contacts: [] } }
      : { ok: false, status: 400, reason: 'Invalid Wildcard' };
  }
  if (elements.length > maxContacts) return { ok: false, status: 403, reason: 'Too Many Contacts' };
  const contacts: ContactChange[] = [];
  for (const text of elements) {
    const contact = readContact(text);
    if (!contact) return { ok: false, status: 400, reason: 'Bad Contact' };
    const wished = contact.expires ?? headerExpires ?? config.defaultExpiresSec;
    if (wished > 0 && wished < config.minExpiresSec) {
      return { ok: false, status: 423, headers: [['Min-Expires', String(config.minExpiresSec)]] };
    }
    contacts.push({ ...contact, text, expiresSec: Math.min(wished, config.maxExpiresSec) });
  }
  return { ok: true, change: { all: false, contacts } };
}

function readContact(text: string) {
  try {
    const { uri, params } = NameAddr.parse(text);
    if (!(uri instanceof SipUri)) return undefined;
    const expires = secondsOf(params.get('expires'));
    const preferredCodec = codecOf(params.get('x-codec'));
    return { uri, expires, instance: params.get('+sip.instance'), regId: params.get('reg-id'), preferredCodec };
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

const codecs: readonly CodecName[] = ['opus', 'PCMU', 'PCMA'];

/** In any case; one that is not known here is no preference. */
function codecOf(name: string | undefined): CodecName | undefined {
  return codecs.find((codec) => codec.toLowerCase() === name?.toLowerCase());
}

/** delta-seconds; malformed counts as absent, as RFC 3261 §10.2.1.1 asks. */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Math.min(Number(text.trim()), 2 ** 32 - 1) : undefined;
}
