import { StreamMessageError } from '../stream-error.js';

// How both ends read messages: tolerant of keys in either spelling, numbers as text or number, and members that nobody knows.

export type Fields = Readonly<Record<string, unknown>>;

/** A text message as an object with an `event`. Throws StreamMessageError. */
export function readEnvelope(text: string): { event: string; fields: Fields } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StreamMessageError('not-json', 'A message is no JSON.');
  }
  const fields = objectIn(value);
  const event = fields?.['event'];
  if (!fields || typeof event !== 'string') throw new StreamMessageError('no-event', 'A message has no event.');
  return { event, fields };
}

export function objectIn(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The member that the event is named after: `media` of a media message. Throws StreamMessageError. */
export function memberOf(fields: Fields, name: string): Fields {
  const member = objectIn(fields[name]);
  if (!member) throw new StreamMessageError('bad-field', `A ${name} message has no object ${name}.`);
  return member;
}

/** Text, or a number as text; undefined when it is neither. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A number, or one written as text; undefined when it is neither. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** `stream_sid`, or `streamSid` as some bots write it. */
export function streamSidIn(fields: Fields): string | undefined {
  return textIn(fields['stream_sid']) ?? textIn(fields['streamSid']);
}

/** Line breaks and padding make Base64 up to some percent longer than what it holds; more is lost text, that is: garbage. */
const leastYield = 0.7;

/** Audio of a media message: Base64 of whole 16 bit samples. Throws StreamMessageError. */
export function audioIn(media: Fields): Buffer {
  const payload = media['payload'];
  if (typeof payload !== 'string') throw new StreamMessageError('bad-field', 'A media message has no text payload.');
  const octets = Buffer.from(payload, 'base64');
  if (octets.length < Math.floor(payload.length * leastYield) - 4)
    throw new StreamMessageError('bad-audio', 'The payload of a media message is no Base64.');
  return wholeSamples(octets);
}

/** Throws StreamMessageError when an octet is left over: from there on all would be noise. */
export function wholeSamples(octets: Buffer): Buffer {
  if (octets.length % 2 !== 0)
    throw new StreamMessageError('bad-audio', `Audio of ${octets.length} octets is no row of 16 bit samples.`);
  return octets;
}
