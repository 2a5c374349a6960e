import type { SipMessage } from '../message/message.js';
import type { Reason } from './types.js';

/** The first `Reason` of a message whose protocol we know, or undefined. RFC 3326 §2. Never throws. */
export function readReason(message: SipMessage): Reason | undefined {
  for (const value of message.headers.list('Reason')) {
    const reason = parseReason(value);
    if (reason) return reason;
  }
  return undefined;
}

/** `SIP ;cause=200 ;text="Call completed elsewhere"` → a Reason; undefined when there is no usable cause. */
export function parseReason(value: string): Reason | undefined {
  const [name = '', ...params] = splitOutsideQuotes(value);
  const protocol = name.trim().toUpperCase();
  if (protocol !== 'SIP' && protocol !== 'Q.850') return undefined;
  let cause: number | undefined;
  let text: string | undefined;
  for (const param of params) {
    const equals = param.indexOf('=');
    if (equals < 0) continue;
    const key = param.slice(0, equals).trim().toLowerCase();
    const raw = param.slice(equals + 1).trim();
    if (key === 'cause' && /^\d{1,3}$/.test(raw)) cause = Number(raw);
    if (key === 'text') text = unquote(raw);
  }
  if (cause === undefined) return undefined;
  return text === undefined ? { protocol, cause } : { protocol, cause, text };
}

/** The value of a Reason header. Line breaks in the text, which may come from anywhere, become spaces. */
export function formatReason(reason: Reason): string {
  const head = `${reason.protocol};cause=${reason.cause}`;
  if (reason.text === undefined) return head;
  const text = reason.text.replaceAll('\r', ' ').replaceAll('\n', ' ').replaceAll('\0', ' ');
  return `${head};text="${text.replace(/["\\]/g, '\\$&')}"`;
}

function splitOutsideQuotes(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === ';' && !quoted) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

function unquote(raw: string): string {
  if (raw.length < 2 || !raw.startsWith('"') || !raw.endsWith('"')) return raw;
  return raw.slice(1, -1).replace(/\\(.)/g, '$1');
}
