export { VoiceAccountAnswer, VoiceActiveStreams, VoiceRestException } from './account.js';
export {
  VoiceCall,
  VoiceCallAnswer,
  VoiceCallDetailAnswer,
  VoiceCallList,
  VoiceCallListQuery,
  VoiceCallQuery,
} from './call.js';
export { VoiceConnectRequest } from './connect.js';
export { istTime, parseIstTime } from './ist-time.js';
