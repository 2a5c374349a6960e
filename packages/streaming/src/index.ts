export { ActiveStreams } from './active-streams.js';
export {
  type Attach,
  openStream,
  type StreamHandle,
  type StreamOptions,
} from './open-stream.js';
export { binaryFrameMs, binaryProtocol } from './protocol/binary-protocol.js';
export { type BotMessage, readBotMessage, writeBotMessage } from './protocol/bot-message.js';
export { octetsOf, samplesOf } from './protocol/pcm.js';
export {
  type MediaTrack,
  type PlatformMessage,
  PlatformMessageWriter,
  type QueueState,
  readPlatformMessage,
  type StreamMedia,
  type StreamStart,
  type StreamStop,
} from './protocol/platform-message.js';
export {
  checkCustomParameters,
  parseStreamUrl,
  type StreamUrl,
  sampleRateOf,
  shownUrlOf,
} from './protocol/stream-url.js';
export { noCounters, type StreamCounters, type StreamDetail, type StreamEnd } from './stream-end.js';
export { StreamError, StreamMessageError, type StreamMessageProblem, type StreamProblem } from './stream-error.js';
export {
  type SampleRate,
  type StopReason,
  type StreamCommand,
  type StreamEvent,
  type StreamMode,
  type StreamSpec,
  type StreamTracks,
  streamKind,
} from './stream-spec.js';
