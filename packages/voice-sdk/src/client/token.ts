/** Short-lived SIP credentials, and until when they are good. */
export interface VoiceToken {
  username: string;
  /** Digest user name, where it differs from `username`. */
  authUser?: string;
  password: string;
  domain: string;
  /** Where the client's options name none. */
  serverUrl?: string;
  /** Milliseconds since the epoch, a Date, or ISO 8601. */
  expiresAt: number | string | Date;
  /** Where the client's options name none, and the server tells none when it registers us. */
  iceServers?: RTCIceServer[];
}

/** `data` of our server's answer to `POST …/users/{user_id}/session`, as it is. */
export interface SessionAnswer {
  username: string;
  auth_username?: string;
  password: string;
  domain: string;
  websocket_url?: string;
  expires_at: string;
  /** Seconds from now; goes before `expires_at`, for the clock of a page may be wrong. */
  expires_in?: number;
  ice_servers?: RTCIceServer[];
}

/** Asks the page's own backend for credentials. Called when registering, and again before they expire or when refused. */
export type TokenProvider = () => Promise<VoiceToken | SessionAnswer>;

/** What the registration needs of short-lived credentials. */
export interface TokenSource {
  /** Undefined: those at hand are good. Else resolves when there are others; rejects when the part cannot be loaded. */
  fresh(): Promise<void> | undefined;
  /** The server took them. */
  accepted(): void;
  /** The server refused them. True: others are asked for. False: it refused others just before. */
  refused(): boolean;
  /** Asks for no more; `fresh` begins again. */
  stop(): void;
}
