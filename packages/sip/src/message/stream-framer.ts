import { findHeadEnd } from './head-end.js';
import { logicalLineAt } from './head-lines.js';
import { headerKey } from './header-names.js';
import { limits } from './limits.js';
import { parseDigits } from './scanner.js';
import { SipParseError } from './syntax-errors.js';
import { latin1 } from './text.js';

export type StreamEvent =
  /** One complete message, ready for `parseMessage(bytes, { stream: true })`. */
  | { kind: 'message'; bytes: Uint8Array }
  /** CRLFCRLF: answer with CRLF. RFC 5626 §4.4.1. */
  | { kind: 'ping' }
  /** The CRLF that answers a ping of ours. */
  | { kind: 'pong' }
  /**
   * Framing is lost: the stream can only be closed. `head` is what came of the message; parsing it with
   * `{ stream: true }` throws the error that a 400 can be made of.
   */
  | { kind: 'broken'; error: SipParseError; head: Uint8Array };

const CR = 13;
const LF = 10;
const empty = new Uint8Array(0);

/**
 * Cuts a TCP or TLS stream into messages and keep-alives, RFC 3261 §18.3 and RFC 5626 §3.5.1. Linear however the stream
 * is split. A message that came in one chunk is given out as a view of that chunk, any other as a copy.
 */
export class StreamFramer {
  /** Octets not yet given out lie between #start and #end. */
  #bytes: Uint8Array = empty;
  #start = 0;
  #end = 0;
  /** False while #bytes is the chunk of the caller. */
  #owned = false;
  /** How far the search for the end of the head has come; undefined between messages. */
  #scanned: number | undefined;
  /** Length of the message at #start, once its head is complete. */
  #length: number | undefined;
  #pongsAwaited = 0;
  #halfPing = false;
  #broken = false;

  /** To be called when a ping was sent, so that its pong is not taken for half a ping of the peer. */
  pingSent(): void {
    this.#pongsAwaited++;
  }

  /** Octets held back because their message is not complete; for time-outs on slow senders. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Takes what was received. Never throws. After `broken` everything is ignored. */
  push(chunk: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#broken) return events;
    this.#append(chunk);
    while (this.#start < this.#end && this.#step(events)) {
      // One message or one CRLF at a time.
    }
    this.#settle();
    return events;
  }

  #append(chunk: Uint8Array): void {
    const held = this.pendingBytes;
    if (held === 0) {
      this.#bytes = chunk;
      this.#owned = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    // Twice what is needed: each octet is moved a constant number of times on average.
    if (this.#end + chunk.length > this.#bytes.length) this.#moveTo(2 * (held + chunk.length));
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The chunk is the caller's again, so an unfinished rest goes to a buffer of our own. */
  #settle(): void {
    if (this.#broken || this.pendingBytes === 0) {
      this.#bytes = empty;
      this.#start = this.#end = 0;
    } else if (!this.#owned) {
      this.#moveTo(Math.max(2 * this.pendingBytes, 512));
    }
  }

  #moveTo(capacity: number): void {
    const moved = new Uint8Array(capacity);
    moved.set(this.#bytes.subarray(this.#start, this.#end));
    if (this.#scanned !== undefined) this.#scanned -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = moved;
    this.#owned = true;
  }

  /** Takes one thing off the front; false when more octets are needed. */
  #step(events: StreamEvent[]): boolean {
    if (this.#scanned === undefined) {
      if (this.#bytes[this.#start] === CR) return this.#lineBreak(events);
      this.#halfPing = false; // A lone CRLF before a message means nothing (RFC 3261 §7.5).
      this.#scanned = this.#start;
    }
    this.#length ??= this.#findLength(events);
    if (this.#length === undefined || this.pendingBytes < this.#length) return false;
    const end = this.#start + this.#length;
    const bytes = this.#owned ? this.#bytes.slice(this.#start, end) : this.#bytes.subarray(this.#start, end);
    events.push({ kind: 'message', bytes });
    this.#start = end;
    this.#scanned = this.#length = undefined;
    return true;
  }

  #lineBreak(events: StreamEvent[]): boolean {
    if (this.pendingBytes < 2) return false;
    if (this.#bytes[this.#start + 1] !== LF) return this.#break(events, 'line-break', 'CR without LF', this.#end);
    this.#start += 2;
    if (this.#pongsAwaited > 0) {
      this.#pongsAwaited--;
      events.push({ kind: 'pong' });
    } else {
      if (this.#halfPing) events.push({ kind: 'ping' });
      this.#halfPing = !this.#halfPing;
    }
    return true;
  }

  /** Length of the whole message, or undefined when its head is not complete or is beyond help. */
  #findLength(events: StreamEvent[]): number | undefined {
    const headEnd = findHeadEnd(this.#bytes, this.#scanned ?? this.#start, this.#end);
    if (headEnd < 0) {
      this.#scanned = Math.max(this.#start, this.#end - 3);
      if (this.pendingBytes > limits.messageBytes)
        this.#break(events, 'message-length', 'the head is too long', this.#end);
      return undefined;
    }
    const bodyStart = headEnd + 4;
    const lengths = contentLengths(latin1(this.#bytes, this.#start, headEnd));
    const length = lengths.length === 1 ? parseDigits(lengths[0]!, 9) : undefined;
    if (length === undefined) {
      this.#break(events, 'content-length', 'Content-Length is missing, given twice or malformed', bodyStart);
      return undefined;
    }
    const total = bodyStart - this.#start + length;
    if (total <= limits.messageBytes) return total;
    this.#break(events, 'message-length', 'the message is too long', bodyStart);
    return undefined;
  }

  #break(events: StreamEvent[], problem: string, message: string, headEnd: number): false {
    const status = problem === 'message-length' ? 513 : 400;
    const head = this.#bytes.slice(this.#start, Math.min(headEnd, this.#start + limits.messageBytes));
    events.push({ kind: 'broken', error: new SipParseError(problem, `stream: ${message}`, { status }), head });
    this.#broken = true;
    return false;
  }
}

/** All Content-Length values of a head, read just as the parser reads them. */
function contentLengths(head: string): string[] {
  const values: string[] = [];
  for (let at = head.indexOf('\n') + 1; at > 0; at = head.indexOf('\n', at) + 1) {
    const initial = head.charCodeAt(at) | 32;
    if (initial !== 99 && initial !== 108) continue; // Neither Content-Length nor l.
    const { line } = logicalLineAt(head, at);
    const colon = line.indexOf(':');
    if (colon > 0 && headerKey(line.slice(0, colon).trim()) === 'Content-Length')
      values.push(line.slice(colon + 1).trim());
  }
  return values;
}
