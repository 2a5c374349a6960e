import { type Clock, systemClock } from '@intermix/kernel';
import {
  type GuardedWebSocket,
  type GuardedWebSocketOptions,
  type OutboundAnswer,
  OutboundClient,
  type OutboundGet,
  openGuardedWebSocket,
  type WebSocketHandlers,
} from '@intermix/outbound';

/** How streams reach the world. Everything in it is guarded: addresses are checked, nothing is followed. */
export interface StreamNetwork {
  open(url: string, options: Omit<GuardedWebSocketOptions, 'clock'>, handlers: WebSocketHandlers): GuardedWebSocket;
  get(url: string, request: OutboundGet & { allowPrivate: boolean }): Promise<OutboundAnswer>;
}

/** The real one. HTTP clients are made when one is first needed, and live as long as the process. */
export function outboundNetwork(options: { clock?: Clock; ca?: string } = {}): StreamNetwork {
  const { clock = systemClock, ca } = options;
  const common = { clock, ...(ca ? { ca } : {}) };
  const clients = new Map<boolean, OutboundClient>();
  function clientFor(allowPrivate: boolean): OutboundClient {
    const client = clients.get(allowPrivate) ?? new OutboundClient({ ...common, allowPrivate });
    clients.set(allowPrivate, client);
    return client;
  }
  return {
    open: (url, more, handlers) => openGuardedWebSocket(url, { ...common, ...more }, handlers),
    get: (url, { allowPrivate, ...request }) => clientFor(allowPrivate).get(url, request),
  };
}
