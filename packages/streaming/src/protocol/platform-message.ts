import {
  audioIn,
  type Fields,
  memberOf,
  numberIn,
  objectIn,
  readEnvelope,
  streamSidIn,
  textIn,
} from './message-fields.js';

// What the platform says to a bot: Exotel's stream protocol. Numbers are written as text, and read as text or number.

/** Of a media message when a stream has more than what the party says. */
export type MediaTrack = 'inbound' | 'outbound';

/** A field of ours, `intermix`: how much of the bot's audio waits to be played, and how much has been. Milliseconds. */
export interface QueueState {
  queueMs: number;
  playedMs: number;
}

export interface StreamStart {
  streamSid: string;
  callSid: string;
  accountSid: string;
  from: string;
  to: string;
  customParameters: Readonly<Record<string, string>>;
  sampleRate: number;
  /** A field of ours: the tracks of a stream that has others than `inbound`, and the framing when it is not JSON. */
  tracks?: readonly MediaTrack[] | undefined;
  binary?: boolean | undefined;
}

export interface StreamMedia {
  /** Media messages of the track so far, this one among them. */
  chunk: number;
  /** Milliseconds from the stream's start to the end of this audio. */
  timestampMs: number;
  audio: Buffer;
  track?: MediaTrack | undefined;
  queue?: QueueState | undefined;
}

export interface StreamStop {
  callSid: string;
  accountSid: string;
  reason: string;
}

export type PlatformMessage =
  | { event: 'connected' }
  | { event: 'start'; start: StreamStart }
  | { event: 'media'; media: StreamMedia }
  | { event: 'dtmf'; digit: string; durationMs: number }
  | { event: 'mark'; name: string; queue?: QueueState | undefined }
  | { event: 'stop'; stop: StreamStop }
  | { event: 'unknown'; name: string };

/** Writes a stream's messages, and numbers them from `start` on. */
export class PlatformMessageWriter {
  readonly #streamSid: string;
  readonly #quotedSid: string;
  #sequence = 0;

  constructor(streamSid: string) {
    this.#streamSid = streamSid;
    this.#quotedSid = JSON.stringify(streamSid);
  }

  connected(): string {
    return '{"event":"connected"}';
  }

  start(start: StreamStart): string {
    const { streamSid, callSid, accountSid, from, to, customParameters, sampleRate, tracks, binary } = start;
    const extra = { ...(tracks && { tracks }), ...(binary && { framing: 'binary', frame_ms: '20' }) };
    return this.#message('start', {
      ...{ stream_sid: streamSid, call_sid: callSid, account_sid: accountSid, from, to },
      custom_parameters: customParameters,
      media_format: { encoding: 'audio/x-raw', sample_rate: String(sampleRate), bit_rate: '16' },
      ...(Object.keys(extra).length > 0 && { intermix: extra }),
    });
  }

  /** Put together by hand: it goes out ten times a second and stream, and nothing in it but the sid needs escaping. */
  media({ chunk, timestampMs, audio, track, queue }: StreamMedia): string {
    const head = `{"event":"media","sequence_number":"${++this.#sequence}","stream_sid":${this.#quotedSid},"media":{`;
    const named = track ? `"track":"${track}",` : '';
    const extra = queue ? `,"intermix":${JSON.stringify(written(queue))}` : '';
    return `${head}${named}"chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${audio.toString('base64')}"${extra}}}`;
  }

  dtmf(digit: string, durationMs: number): string {
    return this.#message('dtmf', { digit, duration: String(Math.round(durationMs)) });
  }

  mark(name: string, queue?: QueueState): string {
    return this.#message('mark', { name, ...(queue && { intermix: written(queue) }) });
  }

  stop({ callSid, accountSid, reason }: StreamStop): string {
    return this.#message('stop', { call_sid: callSid, account_sid: accountSid, reason });
  }

  #message(event: string, member: object): string {
    const sequence = String(++this.#sequence);
    return JSON.stringify({ event, sequence_number: sequence, stream_sid: this.#streamSid, [event]: member });
  }
}

/** Reads what the platform, ours or Exotel's own, says to a bot. Throws StreamMessageError. */
export function readPlatformMessage(text: string): PlatformMessage {
  const { event, fields } = readEnvelope(text);
  switch (event) {
    case 'connected':
      return { event };
    case 'start':
      return { event, start: startIn(fields, memberOf(fields, 'start')) };
    case 'media':
      return { event, media: mediaIn(memberOf(fields, 'media')) };
    case 'dtmf': {
      const { digit, duration } = memberOf(fields, 'dtmf');
      return { event, digit: textIn(digit) ?? '', durationMs: numberIn(duration) ?? 0 };
    }
    case 'mark': {
      const { name, intermix } = memberOf(fields, 'mark');
      return { event, name: textIn(name) ?? '', queue: queueIn(intermix) };
    }
    case 'stop': {
      const { call_sid: callSid, account_sid: accountSid, reason } = objectIn(fields['stop']) ?? {};
      const stop = {
        callSid: textIn(callSid) ?? '',
        accountSid: textIn(accountSid) ?? '',
        reason: textIn(reason) ?? '',
      };
      return { event, stop };
    }
    default:
      return { event: 'unknown', name: event };
  }
}

const tracks: readonly unknown[] = ['inbound', 'outbound'];

function startIn(fields: Fields, start: Fields): StreamStart {
  const format = objectIn(start['media_format']) ?? {};
  const extra = objectIn(start['intermix']) ?? {};
  const named = extra['tracks'];
  return {
    streamSid: streamSidIn(start) ?? streamSidIn(fields) ?? '',
    callSid: textIn(start['call_sid']) ?? '',
    accountSid: textIn(start['account_sid']) ?? '',
    from: textIn(start['from']) ?? '',
    to: textIn(start['to']) ?? '',
    customParameters: textsIn(start['custom_parameters']),
    sampleRate: numberIn(format['sample_rate']) ?? 8000,
    tracks: Array.isArray(named) ? named.filter((track): track is MediaTrack => tracks.includes(track)) : undefined,
    binary: extra['framing'] === 'binary' || undefined,
  };
}

function mediaIn(media: Fields): StreamMedia {
  const track = media['track'];
  return {
    chunk: numberIn(media['chunk']) ?? 0,
    timestampMs: numberIn(media['timestamp']) ?? 0,
    audio: audioIn(media),
    track: tracks.includes(track) ? (track as MediaTrack) : undefined,
    queue: queueIn(media['intermix']),
  };
}

function textsIn(value: unknown): Record<string, string> {
  const pairs = Object.entries(objectIn(value) ?? {}).map(([key, member]) => [key, textIn(member)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function written({ queueMs, playedMs }: QueueState): object {
  return { queue_ms: String(Math.round(queueMs)), played_ms: String(Math.round(playedMs)) };
}

function queueIn(value: unknown): QueueState | undefined {
  const { queue_ms: queueMs, played_ms: playedMs } = objectIn(value) ?? {};
  const [queue, played] = [numberIn(queueMs), numberIn(playedMs)];
  return queue === undefined || played === undefined ? undefined : { queueMs: queue, playedMs: played };
}
