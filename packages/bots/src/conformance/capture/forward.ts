import type { StreamNetwork } from '@intermix/streaming/media-child';
import type { CaptureEnd } from './captured-stream.js';

/** What waits for the handshake, and what may wait in the socket: beyond it a slow bot misses something. */
const maxWaiting = 200;
const maxBufferedBytes = 1_000_000;
const handshakeTimeoutMs = 10_000;

export interface ForwardHandlers {
  message(data: Buffer, isBinary: boolean): void;
  /** It is gone, or never came. */
  closed(code: number): void;
}

/** The bot behind a recorder: what the caller says goes to it, from the first word on. */
export interface Forward extends CaptureEnd {
  connect(handlers: ForwardHandlers): void;
}

export function forwardTo(url: string, network: StreamNetwork): Forward {
  let waiting: (Buffer | string)[] | undefined = [];
  let socket: ReturnType<StreamNetwork['open']> | undefined;
  return {
    connect(handlers) {
      socket = network.open(
        url,
        { allowPrivate: true, handshakeTimeoutMs, protocols: [] },
        {
          opened() {
            for (const data of waiting ?? []) socket?.send(data);
            waiting = undefined;
          },
          message: (data, isBinary) => handlers.message(data, isBinary),
          closed: ({ wasOpen, code }) => handlers.closed(wasOpen ? code : 1011),
        },
      );
    },
    send(data) {
      if (waiting && waiting.length < maxWaiting) waiting.push(data);
      else if (!waiting && (socket?.bufferedBytes ?? 0) < maxBufferedBytes) socket?.send(data);
    },
    close: (code, reason) => socket?.close(code, reason),
  };
}
