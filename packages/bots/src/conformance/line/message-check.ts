import { readBotMessage, StreamMessageError, samplesOf } from '@intermix/streaming';
import type { Findings } from '../findings.js';
import { audioSizes, maxMarkName, type RuleName } from '../rules.js';

/** What a bot said, as far as it can be understood. */
export type BotSaid = { event: 'media'; samples: Int16Array } | { event: 'mark'; name: string } | { event: 'clear' };

type Fields = Readonly<Record<string, unknown>>;

/** Holds a bot's messages to the rules, one by one. */
export class MessageCheck {
  readonly #findings: Findings;
  readonly #streamSid: string;
  #number = 0;
  #atMs = 0;

  constructor(findings: Findings, streamSid: string) {
    this.#findings = findings;
    this.#streamSid = streamSid;
  }

  /** Messages so far. */
  get count(): number {
    return this.#number;
  }

  /**
   * Judges a message, and gives what it says. `isStarted`: the bot has been told `start`. `binaryAgreed`: it chose the
   * sub-protocol in which audio is octets. Never throws.
   */
  read(
    data: Buffer,
    {
      isBinary,
      binaryAgreed,
      isStarted,
      atMs,
    }: { isBinary: boolean; binaryAgreed: boolean; isStarted: boolean; atMs: number },
  ): BotSaid | undefined {
    this.#number++;
    this.#atMs = atMs;
    if (isBinary) return this.#readBinary(data, binaryAgreed, isStarted);
    const fields = this.#fieldsOf(data);
    if (!fields) return undefined;
    const event = fields.event;
    if (event !== 'media' && event !== 'mark' && event !== 'clear') {
      this.#found('unknown-event', `event ${JSON.stringify(event)}`);
      return undefined;
    }
    this.#checkStreamSid(fields);
    if (event === 'media') return this.#readMedia(data, fields, isStarted);
    return event === 'mark' ? this.#readMark(fields) : { event };
  }

  #readBinary(data: Buffer, isAgreed: boolean, isStarted: boolean): BotSaid | undefined {
    if (!isAgreed) {
      this.#found('binary-message', `a binary message of ${data.length} octets`);
      return undefined;
    }
    if (!isStarted) this.#found('media-before-start', 'audio');
    return this.#samples(data); // Of any length: it is not Exotel's framing.
  }

  #fieldsOf(data: Buffer): Fields | undefined {
    const fields = parsed(data);
    if (!fields) this.#found('not-json', shown(data.toString('utf8')));
    else if (typeof fields.event === 'string') return fields;
    else this.#found('no-event', shown(data.toString('utf8')));
    return undefined;
  }

  #checkStreamSid(fields: Fields): void {
    const named = fields.stream_sid ?? fields.streamSid;
    if (named === undefined) this.#found('stream-sid-missing', `${String(fields.event)} without stream_sid`);
    else if (named !== this.#streamSid) this.#found('stream-sid-foreign', shown(JSON.stringify(named)));
    else if (fields.stream_sid === undefined) this.#found('stream-sid-spelling', 'streamSid');
  }

  #readMedia(data: Buffer, fields: Fields, isStarted: boolean): BotSaid | undefined {
    if (!isStarted) this.#found('media-before-start', 'media');
    const payload = objectIn(fields.media)?.payload;
    if (typeof payload !== 'string') {
      this.#found('media-without-payload', shown(JSON.stringify(fields.media)));
      return undefined;
    }
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(payload)) this.#found('audio-not-base64', shown(payload));
    try {
      const message = readBotMessage(data.toString('utf8'));
      return message.event === 'media' ? this.#audio(message.audio) : undefined;
    } catch (error) {
      if (!(error instanceof StreamMessageError)) throw error;
      const octets = Buffer.from(payload, 'base64').length;
      if (octets % 2 === 1) this.#found('audio-odd-length', `${octets} octets`);
      else if (!this.#findings.has('audio-not-base64')) this.#found('audio-not-base64', shown(payload));
      return undefined;
    }
  }

  #audio(octets: Buffer): BotSaid | undefined {
    const { minimum, maximum, unit } = audioSizes;
    const seen = `${octets.length} octets`;
    if (octets.length % 2 === 0 && octets.length % unit !== 0) this.#found('audio-not-multiple-of-320', seen);
    if (octets.length > 0 && octets.length < minimum) this.#found('audio-too-small', seen);
    if (octets.length > maximum) this.#found('audio-too-large', seen);
    return this.#samples(octets);
  }

  #samples(octets: Buffer): BotSaid | undefined {
    const seen = `${octets.length} octets`;
    if (octets.length === 0) this.#found('audio-empty', seen);
    if (octets.length % 2 === 0) return { event: 'media', samples: samplesOf(octets) };
    this.#found('audio-odd-length', seen);
    return undefined;
  }

  #readMark(fields: Fields): BotSaid | undefined {
    const name = objectIn(fields.mark)?.name;
    if (typeof name !== 'string' || name === '') {
      this.#found('mark-without-name', shown(JSON.stringify(fields.mark)));
      return undefined;
    }
    if (name.length <= maxMarkName) return { event: 'mark', name };
    this.#found('mark-name-too-long', `${name.length} characters`);
    return undefined;
  }

  #found(rule: RuleName, seen: string): void {
    this.#findings.add(rule, { at_ms: this.#atMs, message: this.#number, seen });
  }
}

function parsed(data: Buffer): Fields | undefined {
  try {
    return objectIn(JSON.parse(data.toString('utf8')));
  } catch {
    return undefined;
  }
}

function objectIn(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The beginning of what a bot wrote, without line breaks. */
function shown(text = 'nothing'): string {
  return text.slice(0, 80).replace(/\p{Cc}+/gu, ' ');
}
