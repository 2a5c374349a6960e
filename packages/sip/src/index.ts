export { type AuthValue, parseAuthValues } from './auth/auth-values.js';
export { DigestClient, type DigestClientOptions, DigestState } from './auth/digest-client.js';
export {
  type DigestAlgorithm,
  type DigestHashes,
  digestAlgorithms,
  type HashFunction,
  setDigestHashes,
} from './auth/digest-hashes.js';
export { digestHa1 } from './auth/digest-response.js';
export {
  type ChallengeKind,
  type DigestAccount,
  type DigestRefusal,
  DigestServer,
  type DigestServerOptions,
  type DigestVerdict,
} from './auth/digest-server.js';
export type { SessionSnapshot } from './dialog/session-snapshot.js';
export { type CSeq, parseCSeq } from './message/cseq.js';
export {
  type PartialMessage,
  SessionEndedError,
  SessionSnapshotError,
  SipHeaderError,
  SipParseError,
  SipRejectedError,
  SipRequestError,
  SipTransportError,
} from './message/errors.js';
export { canonicalName } from './message/header-names.js';
export {
  allowedMethods,
  contactExpires,
  contactQ,
  expiresOf,
  minExpiresOf,
  optionTags,
  type ParameterizedToken,
  parseDeltaSeconds,
  parseParameterized,
  retryAfterOf,
  supports,
} from './message/header-values.js';
export { Headers } from './message/headers.js';
export { limits } from './message/limits.js';
export { SipMessage, SipRequest, SipResponse } from './message/message.js';
export { type BodyPart, parseMediaType, parseMultipart } from './message/multipart.js';
export { NameAddr } from './message/name-addr.js';
export { type ParseOptions, parseMessage } from './message/parse.js';
export { defaultReason } from './message/reason-phrases.js';
export { createBranch, createCallId, createRequest, createTag, type RequestParts } from './message/requests.js';
export { createParseErrorResponse, createResponse, type ResponseParts } from './message/responses.js';
export { checkSanity, type SanityContext, type SanityRefusal } from './message/sanity.js';
export { type StreamEvent, StreamFramer } from './message/stream-framer.js';
export { OtherUri, parseUri, SipUri, type SipUriParts, type Uri } from './message/uri.js';
export { branchOf, MAGIC_COOKIE, Via, type ViaParts } from './message/via.js';
export { writeMessage } from './message/write.js';
export {
  type ClientTransaction,
  type ClientTransactionHandlers,
  type ConnectFlow,
  type SentBy,
  type ServerTransaction,
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionTimers,
  type TransactionUser,
} from './transaction/index.js';
export { PAGE_GONE } from './transport/close-codes.js';
export type {
  Flow,
  ResolvedTarget,
  Resolver,
  SipProtocol,
  SocketAddress,
  Transport,
  TransportSink,
} from './transport/flow.js';
export {
  type LoopMessage,
  LoopNetwork,
  LoopTransport,
  type LoopTransportOptions,
  type NetworkConditions,
} from './transport/loop-network.js';
export { Endpoint } from './ua/endpoint.js';
export { formatReason, parseReason, readReason } from './ua/reason.js';
export {
  Registration,
  type RegistrationEvents,
  type RegistrationFailure,
  type RegistrationOptions,
} from './ua/registration.js';
export type {
  DigestCredentials,
  EndpointEvents,
  EndpointFace,
  EndpointOptions,
  ExtraHeaders,
  IncomingInvite,
  IncomingInviteEvents,
  IncomingReinvite,
  IncomingRequest,
  InviteSession,
  InviteSessionEvents,
  OutgoingInvite,
  OutgoingInviteEvents,
  OutgoingInviteOptions,
  OutgoingRequestOptions,
  Reason,
  RequestTarget,
  ResponseOptions,
  ResumeOptions,
  SessionEnd,
  SipBody,
  SipFailure,
  SipTimers,
} from './ua/types.js';
