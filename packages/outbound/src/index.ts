export { type AddressKind, addressKind } from './address-rules.js';
export {
  type GuardedWebSocket,
  type GuardedWebSocketOptions,
  openGuardedWebSocket,
  type WebSocketEnd,
  type WebSocketHandlers,
} from './guarded-web-socket.js';
export type { ResolveName } from './name-resolver.js';
export {
  type OutboundAnswer,
  OutboundClient,
  type OutboundClientOptions,
  type OutboundGet,
  type OutboundRequest,
} from './outbound-client.js';
export { OutboundError, type OutboundProblem } from './outbound-error.js';
export { hostPortOf, type Target, targetOf, type UrlUse } from './url-rules.js';
