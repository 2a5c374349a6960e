import type { Logger } from '@intermix/kernel';
import type { AudioRoute } from '../audio/audio-route.js';
import type { DtmfMode } from '../call/dtmf.js';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceError } from '../errors.js';
import type { Platform } from '../platform.js';
import type { TabMode, TabRole } from '../tabs/part.js';
import type { VoiceAccount } from './account.js';
import type { Unregistered } from './registration-keeper.js';
import type { TokenProvider } from './token.js';

export interface VoiceClientOptions extends Partial<VoiceAccount> {
  /**
   * Gives short-lived credentials, from the page's own backend: then `username`, `password` and `domain` are not needed here.
   * Asked when registering, again before they expire and when the server refuses them; while it fails, with back-off.
   */
  tokenProvider?: TokenProvider;
  /** STUN and TURN; by default what our server tells when it registers us. No third party is asked unless named here. */
  iceServers?: RTCIceServer[];
  /** `relay`: audio goes by the TURN server alone, and no address of this device is told; `all` by default. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /**
   * `one-registration` (the default): the tabs of one browser profile that are the same user share one registration; any
   * of them can answer and end calls, and when the tab that registers goes, another takes its place.
   * `each-registers`: every tab registers for itself. So it is also where the browser has no Web Locks (plain http), and
   * with `tokenProvider`.
   */
  tabs?: TabMode;
  /** For instance `opus`; the browser's order otherwise. */
  preferredCodec?: string;
  /** Microphone settings; `true` is the browser's default device with its own processing. */
  microphone?: MediaTrackConstraints | true;
  dtmfMode?: DtmfMode;
  /** False: a second call gets 480 while one is up. True by default. */
  callWaiting?: boolean;
  /** False: the phone makes no sound of its own (ringing, ringback, busy, digits); the page makes its own. */
  tones?: boolean;
  /** ISO 3166 code of the country whose tones and cadences are played, for instance `US`; `IN` by default. */
  country?: string;
  /** Milliseconds after which an unanswered incoming call is refused with 480. */
  noAnswerMs?: number;
  /** Seconds asked for at registration; 300 by default. */
  expiresSec?: number;
  /**
   * False: a page that is reloaded or closed ends its calls. True by default: a call outlives a reload, and the server ends
   * it some seconds after a page that does not come back.
   */
  resumeCalls?: boolean;
  logger?: Logger;
  /** Shared by the clients of one Exotel-shaped face. @internal */
  audioRoute?: AudioRoute;
  /** For tests: the browser's parts. */
  platform?: Platform;
}

export interface VoiceClientEvents {
  /** A REGISTER was sent, a refresh excepted: once per request, so twice with a digest challenge. */
  registering: [];
  registered: [];
  unregistered: [u: Unregistered];
  incoming: [call: VoiceCall];
  /** A call goes on here: after a reload of the page, or by `takeUp`. */
  resumed: [call: VoiceCall];
  /** A call that this page left when it went into the back/forward cache could not be taken up at its return: it is over. */
  notResumed: [call: VoiceCall];
  /** Any call of this client, incoming or outgoing, from its first moment. */
  callAdded: [call: VoiceCall];
  callRemoved: [call: VoiceCall];
  /** `tokenProvider` gave no credentials; it is asked again, and calls go on. */
  tokenFailed: [error: VoiceError];
  /** Which tab of the browser profile registers: see `tabs` of the options. */
  tabRole: [role: TabRole];
  /**
   * The tab that registered is gone. This one registers in its place; or, when it only listens, no other tab does and
   * this one may, by `register()`.
   */
  reRegister: [];
  /** The browser wants a click or a key before it plays sound; it starts by itself at that gesture. */
  autoplayBlocked: [what: 'ringtone' | 'remote-audio'];
}
