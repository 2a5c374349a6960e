export { type AddressKind, addressKind } from './address-rules.js';
export type { ResolveName } from './name-resolver.js';
export {
  type OutboundAnswer,
  OutboundClient,
  type OutboundClientOptions,
  type OutboundRequest,
} from './outbound-client.js';
export { OutboundError, type OutboundProblem } from './outbound-error.js';
export { hostPortOf } from './url-rules.js';
