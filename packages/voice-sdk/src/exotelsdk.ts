// The classic script: `<script src="exotelsdk.js">` gives the global `exotelSDK`. Loading it opens and makes nothing.
export { VoiceCall } from './call/voice-call.js';
export { VoiceClient } from './client/voice-client.js';
export { ExotelWebClient, ExotelWebClient as default } from './compat/exotel-web-client.js';
export { VoiceError } from './errors.js';
