import type { CallMedia, CallRecord, CallStore, SwitchEvents } from '@intermix/calls';
import type { Clock, Logger, Random } from '@intermix/kernel';
import type { AppSettings } from '@intermix/store';
import type { ActiveStreams, Attach, StreamHandle, StreamOptions } from '@intermix/streaming';

export interface StreamingSideOptions {
  /** The switch: who is told of answers, and where the calling party's audio is. */
  calls: {
    on<E extends 'answered' | 'ended'>(event: E, listener: (...args: SwitchEvents[E]) => void): () => void;
    mediaOf(callSid: string): CallMedia | undefined;
  };
  /** Where a call's record is told of a stream that failed. */
  records: Pick<CallStore, 'apply'>;
  settings: { find(accountSid: string, appId: string): Promise<AppSettings | undefined> };
  streams: Pick<ActiveStreams, 'open'>;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface StreamingSide {
  /** `openStream`, bound to the operator's settings: for flows and direct bots. */
  readonly openStream: (attach: Attach, request: Omit<StreamOptions, 'allowPrivate'>) => Promise<StreamHandle>;
}

/**
 * Streams of apps: where one has `streaming_enabled` and a `streaming_url`, each of its answered calls is streamed there,
 * both tracks, one way, for as long as it lasts. What becomes of a stream changes nothing in its call; that one failed is in the
 * call's record.
 */
export function streamingSide(options: StreamingSideOptions): StreamingSide {
  const { calls, settings, streams, allowPrivate, clock, random } = options;
  const open: StreamingSide['openStream'] = (attach, request) =>
    streams.open(attach, { ...request, allowPrivate }, { clock, random });
  const streamed = new Set<string>();

  async function stream(call: CallRecord): Promise<void> {
    const { callSid, accountSid, appId } = call;
    if (appId === undefined || streamed.has(callSid)) return;
    streamed.add(callSid); // Whatever comes of it: a program may have the call answered by many parties.
    const logger = options.logger.child({ callSid });
    try {
      const app = await settings.find(accountSid, appId);
      const leg = calls.mediaOf(callSid)?.leg;
      if (!app?.streamingEnabled || app.streamingUrl === undefined || leg === undefined) return;
      const handle = await open((kind, spec) => leg.attach(kind, spec), orderOf(call, app.streamingUrl));
      handle.onStarted(({ streamUrl }) =>
        logger.info({ streamSid: handle.streamSid, streamUrl }, 'app stream started'),
      );
      const { status, durationSec, error, detailedStatus, counters } = await handle.ended;
      const told = { streamSid: handle.streamSid, status, durationSec, error, detailedStatus, counters };
      if (status !== 'failed') return logger.info(told, 'app stream ended');
      logger.warn(told, 'app stream failed');
      const ordered = { stream_sid: handle.streamSid, duration_sec: durationSec, detailed_status: detailedStatus };
      await tellFailed(callSid, error, ordered);
    } catch (error) {
      logger.warn({ err: error }, 'app stream could not be opened');
      await tellFailed(callSid, 'the stream could not be opened');
    }
  }

  /** Never rejects. */
  async function tellFailed(callSid: string, error: string | undefined, ordered: object = {}): Promise<void> {
    const data = { error, ...ordered };
    const event = { callSid, legId: undefined, type: 'stream-failed', at: new Date(clock.now()), data };
    try {
      await options.records.apply({ call: { callSid }, events: [event] });
    } catch (error) {
      options.logger.warn({ err: error, callSid }, 'an event of a call could not be written');
    }
  }

  calls.on('answered', (call) => void stream(call));
  calls.on('ended', ({ callSid }) => streamed.delete(callSid));
  return { openStream: open };
}

function orderOf(call: CallRecord, url: string): Omit<StreamOptions, 'allowPrivate'> {
  const { callSid, accountSid, from, to, direction } = call;
  const words = direction === 'inbound' ? 'incoming' : 'outbound-dial';
  return {
    ...{ url, mode: 'one-way', tracks: 'both', callSid, accountSid, from, to },
    callParameters: { CallSid: callSid, CallFrom: from, CallTo: to, From: from, To: to, Direction: words },
  };
}
