import { type Admitted, type BotGate, exotelPath, ticketUser } from '@intermix/bots';
import type { OpenStream, StreamOpener, StreamResult } from '@intermix/flows';
import type { ActiveStreams, StreamHandle } from '@intermix/streaming';

export interface BotStreamsDeps {
  gate: Pick<BotGate, 'admitCall'>;
  streams: Pick<ActiveStreams, 'open'>;
  /** The WebSocket of a bot as others reach it: what flows are told that was used. */
  streamUrlOf: (accountSid: string, botId: string) => Promise<string>;
}

/**
 * Opens the streams of our own calls to bots of the account: on loopback, straight to the process of the bots, whatever the
 * HTTP port speaks, and whatever customers' URLs may name.
 */
export function botStreams({ gate, streams, streamUrlOf }: BotStreamsDeps): StreamOpener {
  return async (attach, { botId = '', ...request }) => {
    const streamUrl = await streamUrlOf(request.accountSid, botId);
    const admission = await gate.admitCall(request.accountSid, botId);
    if (!admission.ok) return refusedStream(streamUrl, admission.why);
    try {
      const order = { ...request, url: insideUrlOf(admission, botId), allowPrivate: true };
      return told(await streams.open(attach, order), { streamUrl, admission });
    } catch (error) {
      admission.giveBack();
      throw error;
    }
  };
}

function insideUrlOf({ ticket, port }: Admitted, botId: string): string {
  return `ws://${ticketUser}:${ticket}@127.0.0.1:${port}${exotelPath}${botId}`;
}

/** The stream in words of the outside. One that never began leaves its place to another. */
function told(stream: StreamHandle, { streamUrl, admission }: { streamUrl: string; admission: Admitted }): OpenStream {
  let hasBegun = false;
  stream.onStarted(() => {
    hasBegun = true;
  });
  const ended = stream.ended.then((end): StreamResult => {
    if (!hasBegun) admission.giveBack();
    return { ...end, streamUrl, error: end.error && withoutLoopback(end.error) };
  });
  return { streamSid: stream.streamSid, ended, stop: () => stream.stop() };
}

/** Where the process listens is nobody's concern: it is another port at each start. */
function withoutLoopback(error: string): string {
  return error.replaceAll(/\b127\.0\.0\.1(:\d+)?/g, 'the bot');
}

function refusedStream(streamUrl: string, error: string): OpenStream {
  const nothing = { disconnectedBy: 'NA', durationSec: 0, streamUrl, streamSid: '' } as const;
  return { streamSid: '', ended: Promise.resolve({ status: 'failed', error, ...nothing }), stop() {} };
}
