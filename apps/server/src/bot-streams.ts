import {
  type Admitted,
  type BotGate,
  exotelPath,
  type Fleet,
  FleetError,
  type Refused,
  type StoredBot,
  ticketUser,
  urlOnFleet,
} from '@intermix/bots';
import type { OpenStream, StreamOpener, StreamResult } from '@intermix/flows';
import type { ActiveStreams, StreamHandle } from '@intermix/streaming';

export interface BotStreamsDeps {
  gate: Pick<BotGate, 'admitCall'>;
  streams: Pick<ActiveStreams, 'open'>;
  /** The WebSocket of a bot as others reach it: what flows are told that was used. */
  streamUrlOf: (accountSid: string, botId: string) => Promise<string>;
  overflow: Overflow;
}

/** The caller waits meanwhile. */
const choiceMs = 2_000;

/** Where bots of our calls run when this server takes no more. */
export interface Overflow {
  bots: { find(accountSid: string, botId: string): Promise<StoredBot | undefined> };
  fleet: () => Pick<Fleet, 'chooseFleetServer'>;
  /** Whether servers of the fleet may have private addresses. */
  allowPrivate: boolean;
  /** This server, as the fleet names it: it has no room. */
  ownUrl: string | undefined;
}

/**
 * Opens the streams of our own calls to bots of the account: on loopback, straight to the process of the bots, whatever the
 * HTTP port speaks, and whatever customers' URLs may name. While that takes no more, on the server of the account's fleet that
 * has most room.
 */
export function botStreams({ gate, streams, streamUrlOf, overflow }: BotStreamsDeps): StreamOpener {
  return async (attach, { botId = '', ...request }) => {
    // What flows are told is no reason to have no bot.
    const [streamUrl, admission] = await Promise.all([
      streamUrlOf(request.accountSid, botId).catch(() => exotelPath + botId),
      gate.admitCall(request.accountSid, botId),
    ]);
    if (!admission.ok) {
      const place = await placeOnFleet(request.accountSid, botId, admission, overflow);
      if (place.url === undefined) return refusedStream(streamUrl, place.why);
      return inWordsOfOutside(await streams.open(attach, { ...request, ...place }), streamUrl);
    }
    try {
      const order = { ...request, url: insideUrlOf(admission, botId), allowPrivate: true };
      return told(await streams.open(attach, order), { streamUrl, admission });
    } catch (error) {
      admission.giveBack();
      throw error;
    }
  };
}

/** A server with room, for a bot that is refused here because there is none. */
async function placeOnFleet(
  accountSid: string,
  botId: string,
  { status, why }: Refused,
  { bots, fleet, allowPrivate, ownUrl }: Overflow,
): Promise<{ url: string; allowPrivate: boolean } | { url: undefined; why: string }> {
  const bot = status === 429 || status === 503 ? await bots.find(accountSid, botId) : undefined;
  if (bot === undefined) return { url: undefined, why };
  try {
    return { url: await urlOnFleet(fleet(), bot, { withinMs: choiceMs, except: ownUrl }), allowPrivate };
  } catch (error) {
    if (error instanceof FleetError) return { url: undefined, why: `${why} ${error.message}.` };
    throw error;
  }
}

/** The URL that was opened holds the bot's credentials: flows are told the one that others know. */
function inWordsOfOutside(stream: StreamHandle, streamUrl: string): OpenStream {
  const ended = stream.ended.then((end): StreamResult => ({ ...end, streamUrl }));
  return { streamSid: stream.streamSid, ended, stop: () => stream.stop() };
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
