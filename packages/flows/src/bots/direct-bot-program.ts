import type { CallControl, CallProgram, RecordingWish } from '@intermix/calls';
import type { StreamOpener, StreamResult } from '../ports/streams.js';
import { RunningStreams } from '../run/running-streams.js';
import { callQuery } from '../wire/passthru-query.js';

export interface DirectBotOptions {
  /** The bot's URL: `wss:`, `ws:`, or `https:` that gives one. Empty when `botId` is given. */
  streamUrl: string;
  /** A bot of the account's own. */
  botId?: string | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
  /** Asked for before the bot is called; undefined: the app's settings decide. */
  record?: RecordingWish | undefined;
  /** Seconds that the talk may last; undefined: as long as a stream may. */
  timeLimitSec?: number | undefined;
  /** How the stream ended, for whoever ordered the call. */
  onEnded?: ((end: StreamResult) => void) | undefined;
}

/** A call that a bot has for itself: it ends when the bot closes its socket. */
export function createDirectBotProgram(options: DirectBotOptions, deps: { openStream: StreamOpener }): CallProgram {
  return {
    async run(control: CallControl): Promise<void> {
      await control.answer();
      if (options.record) control.record(options.record);
      const streams = new RunningStreams(deps.openStream, control);
      const end = await streams.converse({ ...requestOf(control, options), maxDurationSec: options.timeLimitSec });
      options.onEnded?.(end);
      if (control.signal.aborted) return;
      const { status, disconnectedBy, durationSec, error } = end;
      control.note('flow-step', { result: status, disconnectedBy, durationSec, ...(error !== undefined && { error }) });
      control.hangup();
    },
  };
}

function requestOf({ call }: CallControl, { streamUrl, botId, customParameters }: DirectBotOptions) {
  const direction = call.direction === 'inbound' ? 'incoming' : 'outbound-dial';
  return {
    ...{ url: streamUrl, callSid: call.callSid, accountSid: call.accountSid, from: call.from, to: call.to },
    ...{ botId, customParameters },
    callParameters: { ...Object.fromEntries(callQuery({ call })), Direction: direction },
  };
}
