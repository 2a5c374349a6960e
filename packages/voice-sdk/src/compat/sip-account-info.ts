import type { VoiceAccount } from '../client/account.js';
import type { TabMode } from '../tabs/part.js';
import type { ExotelCall } from './exotel-call.js';

export type RemoteHangupEvent = 'callEnded' | 'terminated';

/** The account as Exotel's integration guide names its fields. */
export interface SipAccountInfo {
  /** Digest user name, and `phone` in register events. */
  userName: string;
  /** User part of the address of record; `userName` when missing. */
  authUser?: string;
  /** Domain of the address of record. */
  sipdomain: string;
  /** `host:port` of the WebSocket. */
  domain: string;
  displayname?: string;
  displayName?: string;
  /** SIP password. */
  secret: string;
  /** Must be there, and is not used: the port comes from `domain`. */
  port: string | number;
  security?: 'wss' | 'ws';
  /** Path of the WebSocket; `wss` when missing, also with `security: 'ws'`. */
  endpoint?: string;
  /**
   * What tells the page that the far end hung up, or that a registration failed: Exotel's code says `callEnded` and
   * `unregistered`, its guide `terminated` for both. `callEnded` by default.
   */
  remoteHangupEvent?: RemoteHangupEvent;
  /** ISO 3166 code of the country whose tones are played; India's by default. */
  country?: string;
  /** False: the page makes its own sounds. */
  tones?: boolean;
  /** Filled in by `initWebrtc`, and not used. */
  sipUri?: string;
  /** The last argument of `initWebrtc`, which fills it in. */
  enableAutoAudioDeviceChangeHandling?: boolean;
  /** `each-registers`: every tab of the page registers, as with Exotel's SDK. One for all tabs unless given. */
  tabs?: TabMode;
  /** Accepted and not used. */
  contactHost?: string;
  accountSid?: string;
}

/** `state`: `sent_request`, `registered`, `unregistered` or, where the page chose it, `terminated`; `phone`: the account's `userName`. */
export type RegisterEventCallback = (state: string, phone: string) => void;

/** `eventType`: `incoming`, `connected`, `callEnded` or, where the page chose it, `terminated`; `phone`: the caller's display name. */
export type CallListenerCallback = (call: ExotelCall, eventType: string, phone: string | undefined) => void;

/**
 * `state`: `ice_gathering_state_…`, `ice_connection_state_…`, `media_permission_denied`, or `autoplay_blocked` while the
 * browser wants a click or a key before it plays sound; `phone`: the caller's display name.
 */
export type SessionCallback = (state: string, phone: string | undefined) => void;

/** The three fields without which Exotel's SDK refuses to start. */
export function isComplete(info: SipAccountInfo | undefined): info is SipAccountInfo {
  return Boolean(info?.userName && info.sipdomain && info.port);
}

/** `${security}://${host}:${port}/${endpoint}`; host and port are the first two parts of `domain`. */
export function serverUrlOf(info: SipAccountInfo, securePage: boolean): string {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?/.exec(String(info.domain ?? '')) ?? [];
  const security = info.security || 'wss';
  const endpoint = String(info.endpoint || 'wss').replace(/^\/+/, '');
  return `${security}://${host}:${port || (securePage ? '8089' : '8088')}/${endpoint}`;
}

/** The same account in the words of the modern face. A page may write numbers without quotes. */
export function voiceAccountOf(info: SipAccountInfo, securePage: boolean): VoiceAccount {
  const userName = plain(info.userName);
  const username = plain(info.authUser) || userName;
  return {
    serverUrl: serverUrlOf(info, securePage),
    username,
    authUser: userName || username,
    password: plain(info.secret),
    domain: plain(info.sipdomain),
    displayName: plain(info.displayname) || plain(info.displayName) || userName,
  };
}

/** Empty, and so refused, where a page gave neither text nor a number. */
function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
