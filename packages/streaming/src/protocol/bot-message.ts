import { StreamMessageError } from '../stream-error.js';
import { audioIn, type Fields, memberOf, readEnvelope, textIn } from './message-fields.js';

const maxMarkName = 256;

/** What a bot says. `unknown` is tolerated: bots echo what they are told, and there is no error message in the protocol. */
export type BotMessage =
  | { event: 'media'; audio: Buffer }
  | { event: 'mark'; name: string }
  | { event: 'clear' }
  | { event: 'unknown'; name: string };

/**
 * Reads a bot's text message. Ids are not looked at, nor `chunk`, `timestamp` and `sequence_number`: public bots leave them
 * out, or write them in one spelling or the other. Throws StreamMessageError.
 */
export function readBotMessage(text: string): BotMessage {
  const { event, fields } = readEnvelope(text);
  switch (event) {
    case 'media':
      return { event, audio: audioIn(memberOf(fields, 'media')) };
    case 'mark':
      return { event, name: markNameIn(memberOf(fields, 'mark')) };
    case 'clear':
      return { event };
    default:
      return { event: 'unknown', name: event };
  }
}

/** Names wait here until their audio has been played, and are told back: they have an end. Throws StreamMessageError. */
function markNameIn(mark: Fields): string {
  const name = textIn(mark['name']) ?? '';
  if (name.length > maxMarkName)
    throw new StreamMessageError(
      'bad-field',
      `A mark's name has ${name.length} characters; ${maxMarkName} are enough.`,
    );
  return name;
}

/** A bot's messages, as the reference writes them. */
export const writeBotMessage = {
  media: (streamSid: string, audio: Buffer): string =>
    JSON.stringify({ event: 'media', stream_sid: streamSid, media: { payload: audio.toString('base64') } }),
  mark: (streamSid: string, name: string): string =>
    JSON.stringify({ event: 'mark', stream_sid: streamSid, mark: { name } }),
  clear: (streamSid: string): string => JSON.stringify({ event: 'clear', stream_sid: streamSid }),
};
