import { RtpParseError } from '../errors.js';

// Telephone event, RFC 4733 §2.3:  | event (8) | E | R | volume (6) | duration (16) |

export interface TelephoneEvent {
  digit: string;
  isEnd: boolean;
  /** Power below 0 dBm0, in dB. */
  volume: number;
  /** In ticks of the event's clock. */
  durationTicks: number;
}

/** Events 0 to 15, in the order of their numbers. RFC 4733 §3.2. */
const digits = '0123456789*#ABCD';

/** The event number of a digit `0-9 * # A-D`, or undefined. */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? digits.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

/** Reads an event's payload. Throws RtpParseError, also for events that are not digits. */
export function parseTelephoneEvent(payload: Buffer): TelephoneEvent {
  if (payload.length < 4) throw RtpParseError.truncated('telephone-event', payload.length);
  const digit = digits[payload.readUInt8(0)];
  if (digit === undefined) throw new RtpParseError(`telephone event ${payload.readUInt8(0)} is not a digit`);
  const flags = payload.readUInt8(1);
  return { digit, isEnd: (flags & 0x80) !== 0, volume: flags & 0x3f, durationTicks: payload.readUInt16BE(2) };
}

/** Writes an event's payload. Throws RtpParseError when the digit is none. */
export function writeTelephoneEvent(event: TelephoneEvent): Buffer {
  const number = eventOfDigit(event.digit);
  if (number === undefined) throw new RtpParseError(`"${event.digit}" is not a telephone-event digit`);
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt8(number, 0);
  payload.writeUInt8((event.isEnd ? 0x80 : 0) | (event.volume & 0x3f), 1);
  payload.writeUInt16BE(Math.min(0xffff, event.durationTicks), 2);
  return payload;
}
