export { Baresip, type BaresipEvent, type BaresipOptions } from './baresip.js';
export type { BaresipAccount, BaresipAudio } from './baresip-config.js';
export { Coturn, type CoturnOptions } from './coturn.js';
export { type EventuallyOptions, eventually } from './eventually.js';
export { findExecutable } from './executable.js';
export { FakeClock } from './fake-clock.js';
export { Kamailio, type KamailioOptions } from './kamailio.js';
export { PhoneCall, type PhoneCallEnd } from './phone/phone-call.js';
export type { RecordedMessage } from './phone/recording-transport.js';
export { type PhoneDialOptions, SipPhone, type SipPhoneOptions } from './phone/sip-phone.js';
export { startTestPostgres, type TestPostgres, whyNoPostgres } from './postgres-cluster.js';
export { repositoryRoot } from './repository-root.js';
export { S3Server } from './s3-server.js';
export { quickStart } from './server-process.js';
export {
  runSipp,
  type SippOptions,
  type SippResult,
  type SippRun,
  type SippScenario,
  sippScenarioFile,
  sippScenarios,
  startSipp,
} from './sipp.js';
export { type PortBlock, reservePorts, sparePort } from './spare-ports.js';
export { type RunningServer, type StartServerOptions, startServer } from './start-server.js';
export { makeToneWav, type ToneWavOptions, toneWav } from './tone-wav.js';
