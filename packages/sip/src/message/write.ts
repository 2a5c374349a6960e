import { type SipMessage, SipRequest, type SipResponse } from './message.js';
import { SipHeaderError } from './syntax-errors.js';
import { joinUtf8 } from './text.js';

/** The octets of a message. Content-Length is always written from the body; a field of that name is ignored. */
export function writeMessage(message: SipMessage): Uint8Array {
  const head = `${startLine(message)}${message.headers.write()}Content-Length: ${message.body.length}\r\n\r\n`;
  return joinUtf8(head, message.body);
}

function startLine(message: SipMessage): string {
  if (message instanceof SipRequest) return checked(`${message.method} ${message.uri} SIP/2.0`);
  const { status, reason } = message as SipResponse;
  return checked(`SIP/2.0 ${status} ${reason}`);
}

function checked(line: string): string {
  if (line.includes('\r') || line.includes('\n')) throw new SipHeaderError('start-line', 'CR or LF in the start line');
  return `${line}\r\n`;
}
