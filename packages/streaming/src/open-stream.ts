import { type Clock, createId, type Random, systemClock, systemRandom } from '@intermix/kernel';
import type { AttachmentEnd, MediaAttachment } from '@intermix/media';
import { checkCustomParameters, parseStreamUrl, sampleRateOf, shownUrlOf } from './protocol/stream-url.js';
import { noCounters, type StreamDetail, type StreamEnd } from './stream-end.js';
import { StreamError } from './stream-error.js';
import {
  type StopReason,
  type StreamCommand,
  type StreamEvent,
  type StreamMode,
  type StreamSpec,
  type StreamTracks,
  streamKind,
} from './stream-spec.js';

/** `MediaLeg.attach`, or `CallControl.attach`. */
export type Attach = (kind: string, spec: unknown) => Promise<MediaAttachment>;

export interface StreamOptions {
  /** `wss:` or `ws:`; or `https:`, `http:` that is asked for such a one first. */
  url: string;
  mode: StreamMode;
  /** Of a one-way stream; default `inbound`. A bot that speaks hears `inbound` alone. */
  tracks?: StreamTracks | undefined;
  callSid: string;
  accountSid: string;
  /** Who called and who was called, as the bot is told. */
  from: string;
  to: string;
  /** Whether private and loopback addresses may be named; the operator's setting. */
  allowPrivate: boolean;
  /** Default: a new one. */
  streamSid?: string | undefined;
  /** 8000, 16000 or 24000; from the URL unless given, and 8000 when that says nothing. */
  sampleRate?: number | undefined;
  /** In place of the URL's own: three at most, of 256 characters together. */
  customParameters?: Readonly<Record<string, string>> | undefined;
  /** Of the request to an `https:` URL: `CallSid`, `CallFrom`, `CallTo`, `Direction`, … */
  callParameters?: Readonly<Record<string, string>> | undefined;
  /** Length of a media message; default 100. A multiple of 20, 500 at most. */
  frameMs?: number | undefined;
  /** Offers raw 20 ms frames, as `intermix-binary=1` in the URL does; bots that do not know of it get JSON. */
  binary?: boolean | undefined;
  /**
   * Where digits come from; default the leg's own RFC 4733 events. `CallControl.onDigit` knows of those that came by INFO
   * too: give it, and each digit is told once.
   */
  onDigit?: ((listener: (digit: { digit: string; durationMs: number }) => void) => () => void) | undefined;
  /** One attempt's time, default 10,000; there are two attempts. */
  handshakeTimeoutMs?: number | undefined;
  /** The longest that it may last; default and most 3,600 s. */
  maxDurationSec?: number | undefined;
}

export interface StreamHandle {
  readonly streamSid: string;
  /** Resolves once; never rejects. */
  readonly ended: Promise<StreamEnd>;
  /** The bot took the connection. */
  onStarted(listener: (event: StreamEvent) => void): () => void;
  /** Ends it; the bot is told why. Default `stopped`: by flow or API. May be called twice. */
  stop(reason?: StopReason): void;
}

const maxDurationSec = 3_600;

/**
 * Opens a stream beside a leg. Resolves as soon as the media process has taken the order, long before the bot has answered;
 * whatever comes of it, an order that makes no sense too, is told by `ended`. Rejects only with what `attach` rejects.
 */
export async function openStream(
  attach: Attach,
  options: StreamOptions,
  deps: { clock?: Clock; random?: Random } = {},
): Promise<StreamHandle> {
  const { clock = systemClock, random = systemRandom } = deps;
  const streamSid = options.streamSid ?? createId('', 16, random);
  const spec = specOrRefusal(options, streamSid);
  if ('refused' in spec) return refusedHandle(spec.refused);
  const attachment = await attach(streamKind, spec);
  return new OpenedStream(attachment, { clock, spec, onDigit: options.onDigit });
}

class OpenedStream implements StreamHandle {
  readonly streamSid: string;
  readonly ended: Promise<StreamEnd>;
  readonly #attachment: MediaAttachment;
  readonly #clock: Clock;
  readonly #spec: StreamSpec;
  #startedAtMs: number | undefined;

  constructor(
    attachment: MediaAttachment,
    options: { clock: Clock; spec: StreamSpec } & Pick<StreamOptions, 'onDigit'>,
  ) {
    this.streamSid = options.spec.streamSid;
    this.#attachment = attachment;
    this.#clock = options.clock;
    this.#spec = options.spec;
    this.onStarted(() => {
      this.#startedAtMs = options.clock.now();
    });
    const stopDigits = options.onDigit?.((digit) => this.#tell({ type: 'digit', ...digit }));
    this.ended = attachment.ended.then((end) => {
      stopDigits?.();
      return this.#endOf(end);
    });
  }

  onStarted(listener: (event: StreamEvent) => void): () => void {
    return this.#attachment.onEvent((event) => {
      if ((event as StreamEvent).type === 'started') listener(event as StreamEvent);
    });
  }

  stop(reason: StopReason = 'stopped'): void {
    this.#tell({ type: 'stop', reason });
    this.#attachment.close();
  }

  #tell(command: StreamCommand): void {
    this.#attachment.tell(command);
  }

  #endOf(end: AttachmentEnd): StreamEnd {
    if (end.how === 'ended' && end.result !== undefined) return end.result as StreamEnd;
    const started = this.#startedAtMs;
    return {
      ...(end.how === 'ended'
        ? failedEnd(this.#spec, 'Streaming_internal_error', 'The stream ended without a result.')
        : failedEnd(this.#spec, 'Streaming_engine_lost', 'The media process of the call died.')),
      durationSec: started === undefined ? 0 : Math.round((this.#clock.now() - started) / 1000),
    };
  }
}

function specOrRefusal(options: StreamOptions, streamSid: string): StreamSpec | { refused: StreamEnd } {
  try {
    return specOf(options, streamSid);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const streamUrl = shownUrlOf(options.url);
    return { refused: failedEnd({ streamSid, url: streamUrl }, 'Streaming_bad_url', error.message) };
  }
}

function specOf(options: StreamOptions, streamSid: string): StreamSpec {
  const { callSid, accountSid, from, to, url, mode, allowPrivate, customParameters, sampleRate } = options;
  const { binary } = parseStreamUrl(url);
  if (customParameters) checkCustomParameters(customParameters);
  return {
    ...{ streamSid, callSid, accountSid, from, to, url, mode, allowPrivate },
    tracks: mode === 'bidirectional' ? 'inbound' : (options.tracks ?? 'inbound'),
    sampleRate: sampleRate === undefined ? undefined : sampleRateOf(sampleRate),
    customParameters: customParameters && { ...customParameters },
    callParameters: { ...options.callParameters },
    frameMs: Math.min(500, Math.max(20, Math.round((options.frameMs ?? 100) / 20) * 20)),
    binary: options.binary ?? binary,
    legDigits: options.onDigit === undefined,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    maxDurationMs: Math.min(maxDurationSec, options.maxDurationSec ?? maxDurationSec) * 1000,
  };
}

function failedEnd(
  { streamSid, url }: { streamSid: string; url: string },
  detailedStatus: StreamDetail,
  error: string,
): StreamEnd {
  return {
    ...{ streamSid, streamUrl: shownUrlOf(url), status: 'failed', disconnectedBy: 'NA', durationSec: 0 },
    ...{ error, detailedStatus, counters: noCounters() },
  };
}

/** A stream that is not even tried, and why. */
export function refusedStream(
  { url, streamSid }: Pick<StreamOptions, 'url' | 'streamSid'>,
  detailedStatus: StreamDetail,
  error: string,
  { random = systemRandom }: { random?: Random } = {},
): StreamHandle {
  return refusedHandle(failedEnd({ streamSid: streamSid ?? createId('', 16, random), url }, detailedStatus, error));
}

function refusedHandle(end: StreamEnd): StreamHandle {
  return { streamSid: end.streamSid, ended: Promise.resolve(end), onStarted: () => () => {}, stop() {} };
}
