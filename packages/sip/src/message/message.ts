import { type CSeq, parseCSeq } from './cseq.js';
import { Headers } from './headers.js';
import { sdpOf } from './multipart.js';
import { NameAddr } from './name-addr.js';
import { defaultReason } from './reason-phrases.js';
import { parseDigits, splitList } from './scanner.js';
import { SipParseError } from './syntax-errors.js';
import { decodeUtf8, encodeUtf8 } from './text.js';
import type { Uri } from './uri.js';
import { Via } from './via.js';

const noBody = new Uint8Array(0);

/** A parsed value that is good as long as the header's raw text is the same. */
interface Cached<T> {
  raw: string;
  value: T;
}

/**
 * A SIP message, RFC 3261 §7. Header values are parsed when asked for and kept. The getters throw SipParseError when a
 * field is missing or malformed; after `parseMessage` those for Via, From, To, Call-ID and CSeq do not, and `checkSanity`
 * tells which others do not.
 */
export abstract class SipMessage {
  readonly headers: Headers;
  body: Uint8Array;
  #cseq: Cached<CSeq> | undefined;
  #from: Cached<NameAddr> | undefined;
  #to: Cached<NameAddr> | undefined;
  #via: Cached<Via> | undefined;
  #contacts: Cached<NameAddr[] | '*'> | undefined;
  #routes: Cached<NameAddr[]> | undefined;
  #recordRoutes: Cached<NameAddr[]> | undefined;

  constructor(headers: Headers = new Headers(), body: Uint8Array = noBody) {
    this.headers = headers;
    this.body = body;
  }

  /** The body as text: UTF-8, or Latin-1 when it is not that. */
  get bodyText(): string {
    return decodeUtf8(this.body);
  }

  /** Sets or, with undefined, removes the body and its Content-Type. Content-Length is the writer's. */
  setBody(body: { type: string; content: string | Uint8Array } | undefined): void {
    if (!body) {
      this.headers.delete('Content-Type');
      this.body = noBody;
      return;
    }
    this.headers.set('Content-Type', body.type);
    this.body = typeof body.content === 'string' ? encodeUtf8(body.content) : body.content;
  }

  get callId(): string {
    return this.#required('Call-ID');
  }

  get cseq(): CSeq {
    const raw = this.#required('CSeq');
    if (this.#cseq?.raw !== raw) this.#cseq = { raw, value: parseCSeq(raw) };
    return this.#cseq.value;
  }

  get from(): NameAddr {
    const raw = this.#required('From');
    if (this.#from?.raw !== raw) this.#from = { raw, value: NameAddr.parse(raw, 'from') };
    return this.#from.value;
  }

  get to(): NameAddr {
    const raw = this.#required('To');
    if (this.#to?.raw !== raw) this.#to = { raw, value: NameAddr.parse(raw, 'to') };
    return this.#to.value;
  }

  /** The first Via value. */
  get topVia(): Via {
    const raw = this.#required('Via');
    if (this.#via?.raw !== raw) {
      this.#via = { raw, value: Via.parse(raw.includes(',') ? (splitList(raw)[0] ?? '') : raw) };
    }
    return this.#via.value;
  }

  /** All Via values, top first. Parsed on each call. */
  get vias(): Via[] {
    return this.headers.list('Via').map((value) => Via.parse(value));
  }

  /** Puts another value in the place of the top Via and leaves those below alone. */
  replaceTopVia(via: Via): void {
    const first = this.headers.get('Via') ?? '';
    const raw = first.includes(',') ? [via.toString(), ...splitList(first).slice(1)].join(', ') : via.toString();
    this.headers.replaceFirst('Via', raw);
    this.#via = { raw, value: via };
  }

  /** Lower-cased `type/subtype` without parameters. */
  get contentType(): string | undefined {
    const raw = this.headers.get('Content-Type');
    if (raw === undefined) return undefined;
    const semicolon = raw.indexOf(';');
    return (semicolon < 0 ? raw : raw.slice(0, semicolon)).trim().toLowerCase();
  }

  /** Empty when there is none; `'*'` in a REGISTER that removes all bindings. */
  get contacts(): NameAddr[] | '*' {
    const raw = this.headers.joined('Contact');
    if (raw === undefined) return [];
    if (this.#contacts?.raw !== raw) this.#contacts = { raw, value: parseContacts(raw) };
    return this.#contacts.value;
  }

  /** The Route set in order. */
  get routes(): NameAddr[] {
    const raw = this.headers.joined('Route');
    if (raw === undefined) return [];
    if (this.#routes?.raw !== raw) this.#routes = { raw, value: NameAddr.parseList([raw], 'route') };
    return this.#routes.value;
  }

  /** The Record-Route values in the order in which they stand. */
  get recordRoutes(): NameAddr[] {
    const raw = this.headers.joined('Record-Route');
    if (raw === undefined) return [];
    if (this.#recordRoutes?.raw !== raw) {
      this.#recordRoutes = { raw, value: NameAddr.parseList([raw], 'record-route') };
    }
    return this.#recordRoutes.value;
  }

  /** The SDP: the body itself, or the first such part of a multipart body (RFC 5621). */
  get sdp(): string | undefined {
    if (this.body.length === 0) return undefined;
    return sdpOf(this.headers.get('Content-Type') ?? '', this.body);
  }

  #required(name: string): string {
    const raw = this.headers.get(name);
    if (raw === undefined) {
      throw new SipParseError(name.toLowerCase(), `${name} is missing`, { status: 400 });
    }
    return raw;
  }
}

function parseContacts(raw: string): NameAddr[] | '*' {
  return raw.trim() === '*' ? '*' : NameAddr.parseList([raw], 'contact');
}

export class SipRequest extends SipMessage {
  /** Case-sensitive. */
  method: string;
  /** The Request-URI. */
  uri: Uri;

  constructor(method: string, uri: Uri, headers?: Headers, body?: Uint8Array) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }

  /** Undefined when the field is missing, as in RFC 2543. */
  get maxForwards(): number | undefined {
    const raw = this.headers.get('Max-Forwards');
    return raw === undefined ? undefined : parseDigits(raw.trim(), 3);
  }
}

export class SipResponse extends SipMessage {
  /** 100 to 699. */
  status: number;
  reason: string;

  constructor(status: number, reason: string = defaultReason(status), headers?: Headers, body?: Uint8Array) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }
}
