export { createResampler, type Resampler, resamplersReady } from './resampler.js';
export { createStreamAttachments, streamAttachment } from './stream-attachment.js';
export {
  type ConnectFailure,
  type ConnectionHandlers,
  StreamConnection,
} from './stream-connection.js';
export { outboundNetwork, type StreamNetwork } from './stream-network.js';
