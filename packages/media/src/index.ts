export type * from './attachments/attachment.js';
export { dtmfTone } from './audio/dtmf-tones.js';
export { decodePcma, decodePcmu, encodePcma, encodePcmu, pcmaToPcmu, pcmuToPcma } from './audio/g711.js';
export { goertzelPower, ToneDetector, type ToneDetectorOptions, toneShare } from './audio/goertzel.js';
export { ringbackTone } from './audio/ringback-tone.js';
export { sampleRateHz, samplesPerFrame, ToneGenerator } from './audio/tone-generator.js';
export { MediaError, type MediaProblem, RtpParseError, SdpError, type SdpProblem } from './errors.js';
export { type ReceivedPacket, ReceiveStatistics } from './rtp/receive-statistics.js';
export { parseRtcp, type ReportBlock, type RtcpPacket, type SenderInfo, writeRtcp } from './rtp/rtcp-packet.js';
export { RtcpReporter, type SendCounters } from './rtp/rtcp-reporter.js';
export { isRtcp, parseRtp, type RtpPacket, writeRtp } from './rtp/rtp-packet.js';
export { type OutgoingPosition, type SourcePosition, StreamRewriter } from './rtp/stream-rewriter.js';
export { eventOfDigit, parseTelephoneEvent, type TelephoneEvent, writeTelephoneEvent } from './rtp/telephone-event.js';
export { type PressedDigit, TelephoneEventReceiver } from './rtp/telephone-event-receiver.js';
export { eventStepMs, type TelephoneEventPacket, TelephoneEventSender } from './rtp/telephone-event-sender.js';
export { canCarry } from './sdp/codecs.js';
export type {
  DtlsRole,
  LocalTransport,
  NegotiatedMedia,
  RemoteDescription,
  RemoteTransport,
} from './sdp/descriptions.js';
export { type Agreement, LegDescription } from './sdp/leg-description.js';
export { summarizeOffer } from './sdp/summarize-offer.js';
export { StunServer, type StunServerOptions } from './stun/stun-server.js';
export type * from './types.js';
