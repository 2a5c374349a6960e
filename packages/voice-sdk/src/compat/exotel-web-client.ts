import type { VoiceCall } from '../call/voice-call.js';
import { VoiceClient } from '../client/voice-client.js';
import type { VoiceError } from '../errors.js';
import { browserPlatform, type Platform } from '../platform.js';
import { createExotelCall, type ExotelCall } from './exotel-call.js';
import { type LoggerCallback, SdkLog } from './sdk-log.js';
import {
  type CallListenerCallback,
  isComplete,
  type RegisterEventCallback,
  type SessionCallback,
  type SipAccountInfo,
  voiceAccountOf,
} from './sip-account-info.js';

/** Exotel's SDK refuses an unanswered call with 480 after this long. */
const NO_ANSWER_MS = 60_000;

/**
 * Exotel's `ExotelWebClient`: same methods, same callbacks with the same strings in the same order. Several may live in
 * one page, each with its own socket, account and call. Every method may be detached from its object.
 */
export class ExotelWebClient {
  /** The caller's display name of the newest call; read by Exotel's CRM SDK. */
  callFromNumber: string | undefined = '';
  readonly call: ExotelCall;
  readonly #platform: Platform;
  readonly #log = new SdkLog();
  #client: VoiceClient | undefined;
  #account: SipAccountInfo | undefined;
  /** The account that `#client` was made from, as text. */
  #clientAccount = '';
  #current: VoiceCall | undefined;
  #onRegister: RegisterEventCallback | undefined;
  #onCall: CallListenerCallback | undefined;
  #onSession: SessionCallback | undefined;
  #preferredCodec: string | undefined;
  #tellingRejection = false;
  #connectionFailed = false;

  /** `platform` is for tests. */
  constructor(platform: Platform = browserPlatform()) {
    this.#platform = platform;
    this.call = createExotelCall(
      () => this.#current,
      (error) => this.#log.warn({ error: String(error) }, 'a step of the call failed'),
    );
  }

  /** Keeps account and callbacks; false when `userName`, `sipdomain` or `port` is missing. Opens nothing. */
  initWebrtc = (
    sipAccountInfo: SipAccountInfo,
    registerEventCallback?: RegisterEventCallback | null,
    callListenerCallback?: CallListenerCallback | null,
    sessionCallback?: SessionCallback | null,
    _enableAutoAudioDeviceChangeHandling = false,
  ): boolean => {
    if (!isComplete(sipAccountInfo)) return false;
    this.#account = { ...sipAccountInfo };
    this.#onRegister = registerEventCallback ?? undefined;
    this.#onCall = callListenerCallback ?? undefined;
    this.#onSession = sessionCallback ?? undefined;
    return true;
  };

  /** The same under the name that the integration guide also uses. */
  initWebRTC = this.initWebrtc;

  /**
   * Registers at once and stays registered. False while a registration lasts or is being made, until `UnRegister()` has
   * completed: a page that calls this on each `unregistered`, as the guide tells it to, gets one socket and not two.
   */
  DoRegister = (): boolean => {
    if (!this.#account) return false;
    // The guide's retry from inside the callback would send a wrong password as fast as the server refuses it.
    if (this.#tellingRejection) return false;
    if (this.#client && this.#client.registrationState !== 'idle') return false;
    try {
      void this.#clientFor(this.#account).register();
      return true;
    } catch (error) {
      this.#log.error({ error: String(error) }, 'the account cannot be registered');
      return false;
    }
  };

  /** Ends the registration; `unregistered` comes when the server has confirmed. */
  UnRegister = (): void => {
    this.#client?.unregister().catch(() => {});
  };

  /** The one Call object of this client. */
  getCall = (): ExotelCall => this.call;

  /** A leftover of Exotel's SDK: takes a listener and never calls it. */
  getCallController = (): { setCallListener: (listener: unknown) => void } => ({ setCallListener: () => {} });

  SessionListener = (): void => {};

  /** Asks for the microphone, looks at the connection, then at the registration; the microphone is given back. */
  checkClientStatus = (callback: (status: string) => void): void => {
    this.#platform.getUserMedia({ audio: true }).then(
      (stream) => {
        for (const track of stream.getTracks()) track.stop();
        callback(this.#status());
      },
      () => callback('media_permission_denied'),
    );
  };

  /** `opus` puts Opus first in the calls that follow; anything else leaves the browser's order. */
  setPreferredCodec = (codecName: string): void => {
    this.#preferredCodec = String(codecName).toLowerCase() === 'opus' ? 'opus' : undefined;
    this.#client?.setPreferredCodec(this.#preferredCodec);
  };

  registerLoggerCallback = (callback: LoggerCallback): void => {
    this.#log.callback = callback;
  };

  /** Off by default. */
  setEnableConsoleLogging = (enable: boolean): void => {
    this.#log.consoleEnabled = enable;
  };

  /** Offers the last 1000 log lines as a file. */
  downloadLogs = (): void => {
    const day = new Date(this.#platform.clock.now()).toISOString().slice(0, 10);
    this.#platform.saveFile(`webrtc_sdk_logs_${day}.txt`, this.#log.text());
  };

  #clientFor(account: SipAccountInfo): VoiceClient {
    const key = JSON.stringify(account);
    if (this.#client && key === this.#clientAccount) return this.#client;
    void this.#client?.dispose();
    this.#client = new VoiceClient({
      ...voiceAccountOf(account, this.#platform.securePage),
      callWaiting: false,
      noAnswerMs: NO_ANSWER_MS,
      logger: this.#log,
      platform: this.#platform,
      ...(this.#preferredCodec ? { preferredCodec: this.#preferredCodec } : {}),
    });
    this.#clientAccount = key;
    this.#listen(this.#client, account.userName);
    return this.#client;
  }

  #listen(client: VoiceClient, userName: string): void {
    client.on('registering', () => this.#onRegister?.('sent_request', userName));
    client.on('registered', () => {
      this.#connectionFailed = false;
      this.#log.info({ userName }, 'registered');
      this.#onRegister?.('registered', userName);
    });
    client.on('unregistered', (told) => {
      this.#connectionFailed = told.reason === 'connection-failed' || told.reason === 'connection-lost';
      this.#log.info({ userName, ...told }, 'unregistered');
      this.#tellingRejection = !told.willRetry && told.reason !== 'requested';
      try {
        this.#onRegister?.('unregistered', userName);
      } finally {
        this.#tellingRejection = false;
      }
    });
    client.on('incoming', (call) => this.#incoming(call, userName));
  }

  #incoming(call: VoiceCall, userName: string): void {
    this.#current = call;
    const phone = call.remote.displayName;
    this.callFromNumber = phone;
    call.on('connected', () => this.#onCall?.(this.call, 'connected', phone));
    call.on('ended', () => this.#onCall?.(this.call, 'callEnded', phone));
    call.on('iceGathering', (state) => this.#onSession?.(`ice_gathering_state_${state}`, userName));
    call.on('iceConnection', (state) => this.#onSession?.(`ice_connection_state_${state}`, userName));
    call.on('failed', (error: VoiceError) => {
      this.#log.warn({ callId: call.callId, error: String(error) }, 'call failed');
      if (error.problem.startsWith('microphone-')) this.#onSession?.('media_permission_denied', userName);
    });
    this.#log.info({ callId: call.callId }, 'incoming call');
    this.#onCall?.(this.call, 'incoming', phone);
  }

  #status(): string {
    if (!this.#account || !this.#client) return 'not_initialized';
    switch (this.#client.registrationState) {
      case 'registered':
        return 'registered';
      case 'connecting':
        return this.#connectionFailed ? 'websocket_connection_failed' : 'connecting';
      case 'registering':
        return 'initial';
      default:
        return 'unregistered';
    }
  }
}
