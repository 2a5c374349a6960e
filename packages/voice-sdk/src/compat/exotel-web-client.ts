import { AudioRoute } from '../audio/audio-route.js';
import { VoiceClient } from '../client/voice-client.js';

import type { DeviceChange, DeviceChangeCallbacks } from '../devices/exotel-devices.js';
import type { DiagnosticsKeyValueCallback, DiagnosticsReportCallback } from '../diagnostics/diagnostics.js';
import { parts } from '../parts.js';
import { browserPlatform, type Platform } from '../platform.js';
import type { AppData } from '../tabs/part.js';
import { CallEvents } from './call-events.js';
import { diagnose } from './diagnose.js';
import { createExotelCall, type ExotelCall } from './exotel-call.js';
import { callListenerOver, type ExotelCallListener, type ExotelEventListener, eventListenerOver } from './listeners.js';
import { callSafely, PageCallbacks, textOf } from './page-callbacks.js';
import type { ReadinessCheck } from './readiness.js';
import { RegisterEvents } from './register-events.js';
import { type LoggerCallback, SdkLog } from './sdk-log.js';
import {
  type CallListenerCallback,
  isComplete,
  type RegisterEventCallback,
  type RemoteHangupEvent,
  type SessionCallback,
  type SipAccountInfo,
  serverUrlOf,
  voiceAccountOf,
} from './sip-account-info.js';

/** Exotel's SDK refuses an unanswered call with 480 after this long. */
const NO_ANSWER_MS = 60_000;

/** A leftover of Exotel's SDK: takes a listener and never calls it. */
export interface ExotelCallController {
  setCallListener: (listener: unknown) => void;
}

/**
 * Exotel's `ExotelWebClient`: same methods, same callbacks with the same strings in the same order. Several may live in
 * one page, each with its own socket, account and call. Every method may be detached from its object.
 */
export class ExotelWebClient {
  /** The caller's display name of the newest call; read by Exotel's CRM SDK. */
  callFromNumber: string | null | undefined = null;
  readonly call: ExotelCall;
  ctrlr: ExotelCallController = { setCallListener: () => {} };
  /** Hears of the registration and hands on to `RegisterEventCallBack`, unless `setEventListener` replaced it. */
  eventListener: ExotelEventListener;
  /** Hears of calls and hands on to `CallListenerCallback`. */
  callListener: ExotelCallListener;
  shouldAutoRetry = false;
  unregisterInitiated = false;
  registrationInProgress = false;
  isReadyToRegister = true;
  /** The account of the last `initWebrtc`: the page's own object. */
  sipAccountInfo: SipAccountInfo | null = null;
  clientSDKLoggerCallback: LoggerCallback | null = null;
  readonly #platform: Platform;
  readonly #log: SdkLog;
  readonly #audio: AudioRoute;
  readonly #diagnose: ReturnType<typeof diagnose>;
  readonly #callbacks: PageCallbacks;
  readonly #registerEvents: RegisterEvents;
  readonly #callEvents: CallEvents;
  #readiness: ReadinessCheck | undefined;
  #appData: Promise<AppData> | undefined;
  #client: VoiceClient | undefined;
  /** What of the account `#client` was made from, as text. */
  #clientAccount = '';
  #preferredCodec: string | undefined;
  #remoteHangupEvent: RemoteHangupEvent = 'callEnded';

  /** `platform` is for tests. */
  constructor(platform: Platform = browserPlatform()) {
    this.#platform = platform;
    this.#log = new SdkLog(platform);
    this.#audio = new AudioRoute(platform, this.#log);
    this.#diagnose = diagnose({
      route: this.#audio,
      logger: this.#log,
      client: () => this.#client,
      register: () => void this.DoRegister(),
      userName: () => this.sipAccountInfo?.userName ?? '',
      serverUrl: () => (this.sipAccountInfo ? serverUrlOf(this.sipAccountInfo, platform.securePage) : ''),
    });
    this.#log.settings.callback = (...line) => this.clientSDKLoggerCallback?.(...line);
    this.#callbacks = new PageCallbacks(this.#log);
    this.#registerEvents = new RegisterEvents({
      flags: this,
      tell: (event, phone) => this.registerEventCallback(event, phone),
    });
    this.#callEvents = new CallEvents({
      callbacks: this.#callbacks,
      tell: (event, phone) => this.callEventCallback(event, phone, this.call),
    });
    const asGuided = (unasked: boolean | undefined) => unasked && this.#remoteHangupEvent === 'terminated';
    this.eventListener = eventListenerOver(this.#callbacks, () =>
      asGuided(this.#registerEvents.reason !== 'requested') ? 'terminated' : 'unregistered',
    );
    this.callListener = callListenerOver(this.#callbacks, () =>
      asGuided(this.#callEvents.current?.end?.by === 'remote') ? 'terminated' : 'callEnded',
    );
    this.call = createExotelCall(
      () => this.#callEvents.current,
      (error) => this.#log.warn({ error: String(error) }, 'a step of the call failed'),
    );
  }

  /** Keeps account and callbacks; false when `userName`, `sipdomain` or `port` is missing. Opens nothing. */
  initWebrtc = (
    sipAccountInfo: SipAccountInfo,
    registerEventCallback?: RegisterEventCallback | null,
    callListenerCallback?: CallListenerCallback | null,
    sessionCallback?: SessionCallback | null,
    enableAutoAudioDeviceChangeHandling = false,
  ): boolean => {
    if (!isComplete(sipAccountInfo)) return false;
    this.sipAccountInfo = sipAccountInfo;
    const { userName, sipdomain, port, remoteHangupEvent } = sipAccountInfo;
    const sipUri = `wss://${textOf(userName)}@${textOf(sipdomain)}:${textOf(port)}`;
    Reflect.set(sipAccountInfo, 'sipUri', sipUri); // Fails softly on a frozen object.
    Reflect.set(sipAccountInfo, 'enableAutoAudioDeviceChangeHandling', enableAutoAudioDeviceChangeHandling);
    if (remoteHangupEvent) this.setRemoteHangupEvent(remoteHangupEvent);
    this.#callbacks.set(registerEventCallback, callListenerCallback, sessionCallback);
    this.#audio.follow(Boolean(enableAutoAudioDeviceChangeHandling));
    if (sipAccountInfo.tabs !== 'each-registers') parts.tabs().catch(() => {}); // Early: told of when it is needed.
    this.#joinTabs();
    return true;
  };

  /** The same under the name that the integration guide also uses. */
  initWebRTC = this.initWebrtc;

  /**
   * Registers at once and stays registered. False while a registration lasts or is being made, until `UnRegister()` has
   * completed: a page that calls this on each `unregistered`, as the guide tells it to, gets one socket and not two.
   */
  DoRegister = (): boolean => {
    const account = this.sipAccountInfo;
    if (!account || this.#registerEvents.tellingRejection) return false;
    if (this.#client && this.#client.registrationState !== 'idle') return false;
    try {
      const client = this.#clientFor(account);
      this.#registerEvents.started();
      void client.register();
      return true;
    } catch (error) {
      this.#registerEvents.unusable();
      this.#log.error({ error: textOf(error) }, 'the account cannot be registered');
      return false;
    }
  };

  /** Ends the registration; `unregistered` comes when the server has confirmed. */
  UnRegister = (): void => {
    this.#registerEvents.stopping();
    this.#client?.unregister().catch(() => {});
  };

  /** The one Call object of this client. */
  getCall = (): ExotelCall => this.call;

  getCallController = (): ExotelCallController => this.ctrlr;

  /**
   * From now on SessionCallback tells of calls that are in another tab (`incoming`, `connected`, `callEnded`) and says
   * `re-register` when the tab that registered is gone; it also hands on what pages post to `app-data` themselves.
   */
  SessionListener = (): void => {
    if (this.#callEvents.listening) return;
    this.#callEvents.listening = true;
    this.#joinTabs();
    this.#appData = parts
      .tabs()
      .then(({ AppData }) => new AppData(this.#platform, (...told) => this.#callbacks.session(...told)));
    this.#appData.catch((error) => this.#log.error({ error: String(error) }, 'exotelsdk-tabs.js cannot be loaded'));
  };

  /** Asks for the microphone, looks at the connection, then at the registration; the microphone is given back. */
  checkClientStatus = (callback: (status: string) => void): void => {
    const tell = (status: string) => callSafely(callback, [status], (error) => this.#threw('checkClientStatus', error));
    parts.diagnostics().then(
      ({ clientStatus, ReadinessCheck }) => {
        this.#readiness ??= new ReadinessCheck(this.#platform);
        this.#readiness.run(this.#client, () => clientStatus(this.#client, this.#registerEvents.reason), tell);
      },
      (error) => {
        this.#log.error({ error: String(error) }, 'exotelsdk-diagnostics.js cannot be loaded');
        tell('unknown');
      },
    );
  };

  /** Whether a hang-up by the far end and a registration that failed are told in the words of Exotel's code or guide. */
  setRemoteHangupEvent = (event: RemoteHangupEvent): void => {
    this.#remoteHangupEvent = event;
  };

  /** `opus` puts Opus first in the calls that follow; anything else leaves the browser's order. */
  setPreferredCodec = (codecName: string): void => {
    this.#preferredCodec = textOf(codecName).toLowerCase() === 'opus' ? 'opus' : undefined;
    this.#client?.setPreferredCodec(this.#preferredCodec);
  };

  /** Speaks into this microphone, in the call that is up or in those that follow. */
  changeAudioInputDevice = (
    deviceId: DeviceChange[0],
    onSuccess?: DeviceChange[1],
    onError?: DeviceChange[2],
    forceDeviceChange = false,
  ): void => {
    this.#audio.with(({ exotel }) => exotel.change('input', deviceId, onSuccess, onError, forceDeviceChange), onError);
  };

  /** Plays calls and tones through this speaker. */
  changeAudioOutputDevice = (
    deviceId: DeviceChange[0],
    onSuccess?: DeviceChange[1],
    onError?: DeviceChange[2],
    forceDeviceChange = false,
  ): void => {
    this.#audio.with(({ exotel }) => exotel.change('output', deviceId, onSuccess, onError, forceDeviceChange), onError);
  };

  /** Both callbacks are needed. Tells browser, microphone and speaker at once, tests as they are started. */
  initDiagnostics = (
    diagnosticsReportCallback?: DiagnosticsReportCallback | null,
    keyValueCallback?: DiagnosticsKeyValueCallback | null,
  ): void => this.#diagnose((tests) => tests.init(diagnosticsReportCallback, keyValueCallback));

  /** Ends every test and drops the callbacks. */
  closeDiagnostics = (): void => this.#diagnose((tests) => tests.close());

  startSpeakerDiagnosticsTest = (): void => this.#diagnose((tests) => tests.startSpeaker());

  /** `yes` and `no` go into the report. */
  stopSpeakerDiagnosticsTest = (speakerTestResponse = 'none'): void =>
    this.#diagnose((tests) => tests.stop('speaker', speakerTestResponse));

  startMicDiagnosticsTest = (): void => this.#diagnose((tests) => tests.startMicrophone());

  stopMicDiagnosticsTest = (micTestResponse = 'none'): void =>
    this.#diagnose((tests) => tests.stop('mic', micTestResponse));

  /** Registers where that has not been done; a registration and a call that are up are left alone. */
  startNetworkDiagnostics = (): void => this.#diagnose((tests) => tests.startNetwork());

  stopNetworkDiagnostics = (): void => this.#diagnose((tests) => tests.stopNetwork());

  /** Offers the report of the diagnostics as a file. */
  downloadDiagnosticsReport = (): void => this.#diagnose((tests) => tests.saveReport());

  /** Tells which device took over; with the third callback the SDK switches nothing by itself. */
  registerAudioDeviceChangeCallback = (
    onInput?: DeviceChangeCallbacks[0],
    onOutput?: DeviceChangeCallbacks[1],
    onDeviceChange?: DeviceChangeCallbacks[2],
  ): void => {
    this.#audio.with(({ exotel }) => exotel.tell(onInput, onOutput, onDeviceChange));
  };

  registerLoggerCallback = (callback: LoggerCallback): void => {
    this.clientSDKLoggerCallback = callback;
  };

  /** Off by default. */
  setEnableConsoleLogging = (enable: boolean): void => {
    this.#log.settings.console = Boolean(enable);
  };

  /** Off by default: of phone numbers in the log only the last digits are shown. Secrets never are. */
  setShowNumbersInLogs = (show: boolean): void => {
    this.#log.settings.numbers = Boolean(show);
  };

  /** Offers the last 1000 log lines as a file, those of earlier page loads and of other tabs among them. */
  downloadLogs = (): void => {
    void this.#log.download();
  };

  /**
   * Ends call and registration, which is told as ever, and gives back all that was opened: timers, listeners, devices. For a
   * page that goes on without a phone; the client cannot be used again.
   */
  dispose = async (): Promise<void> => {
    this.sipAccountInfo = null;
    this.#diagnose((tests) => tests.close(), true);
    await this.#client?.dispose();
    (await this.#appData?.catch(() => undefined))?.close();
    await this.#audio.close();
    this.#callbacks.set(null, null, null);
    await this.#log.close();
  };

  /** Puts another object in the place of the one that hands register events to `RegisterEventCallBack`. */
  setEventListener = (eventListener: ExotelEventListener): void => {
    this.eventListener = eventListener;
  };

  /** How each register event comes in: `sent_request`, `connected`, `failed_to_start`, `transport_error`. */
  registerEventCallback = (event: string, phone: string, _param?: unknown): void => {
    this.#guard('eventListener', () => {
      if (event === 'connected') this.eventListener.onInitializationSuccess(phone);
      else if (event === 'sent_request') this.eventListener.onInitializationWaiting(phone);
      else if (event === 'failed_to_start' || event === 'transport_error') {
        this.eventListener.onInitializationFailure(phone);
      }
    });
  };

  /** How each call event comes in: `i_new_call`, `connected`, `terminated`, `activeSession`. */
  callEventCallback = (event: string, phone: string | undefined, param: ExotelCall): void => {
    if (event === 'i_new_call' || event === 'activeSession') this.callFromNumber = phone;
    this.#guard('callListener', () => {
      if (event === 'i_new_call') this.callListener.onIncomingCall(param, phone);
      else if (event === 'connected') this.callListener.onCallEstablished(param, phone);
      else if (event === 'terminated') this.callListener.onCallEnded(param, phone);
      else if (event === 'activeSession') this.#callbacks.call(param, event, phone);
    });
  };

  /** Exotel's tests of a phone end here; ours tell by the callbacks of `initDiagnostics`. */
  diagnosticEventCallback = (event: string, phone?: unknown, param?: unknown): void => {
    this.#log.debug({ event, phone, param }, 'diagnostic event');
  };

  webRTCStatusCallbackHandler = (msg1: unknown, arg1: unknown): void => {
    this.#log.debug({ arg1 }, textOf(msg1));
  };

  /** What `UnRegister()` does; the account is not looked at. */
  unregister = (_sipAccountInfo?: SipAccountInfo): void => this.UnRegister();

  /** What `DoRegister()` does, with this account; the arguments before it are not looked at. */
  initialize = (
    _uiContext: unknown,
    _hostName: unknown,
    _subscriberName: unknown,
    _displayName: unknown,
    _accountSid: unknown,
    _subscriberToken: unknown,
    sipAccountInfo: SipAccountInfo,
  ): void => {
    if (isComplete(sipAccountInfo)) this.sipAccountInfo = sipAccountInfo;
    this.DoRegister();
  };
  #joinTabs(): void {
    if (!this.#callEvents.listening || !this.sipAccountInfo) return;
    const client = this.#client;
    const isIdle = client?.registrationState === 'idle' && !client.calls[0]; // Else another account waits for DoRegister().
    try {
      (client && !isIdle ? client : this.#clientFor(this.sipAccountInfo)).listen();
    } catch (error) {
      this.#log.error({ error: String(error) }, 'the account cannot be used');
    }
  }

  #clientFor(account: SipAccountInfo): VoiceClient {
    const own = {
      ...voiceAccountOf(account, this.#platform.securePage),
      tones: account.tones !== false,
      ...(account.country ? { country: textOf(account.country) } : {}),
      ...(account.tabs === 'each-registers' ? { tabs: account.tabs } : {}),
    };
    const key = JSON.stringify(own);
    if (this.#client && key === this.#clientAccount) return this.#client;
    const client = new VoiceClient({
      ...own,
      callWaiting: false,
      noAnswerMs: NO_ANSWER_MS,
      logger: this.#log,
      platform: this.#platform,
      audioRoute: this.#audio,
      ...(this.#preferredCodec ? { preferredCodec: this.#preferredCodec } : {}),
    });
    this.#client?.dispose().catch(() => {});
    this.#client = client;
    this.#clientAccount = key;
    this.#registerEvents.listen(client, textOf(account.userName));
    this.#callEvents.listen(client);
    client.on(
      'reRegister',
      () => this.#callEvents.listening && this.#callbacks.session('re-register', textOf(account.userName)),
    );
    return client;
  }

  /** A page may put its own objects and functions here: what they throw must not break a call. */
  #guard(name: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#threw(name, error);
    }
  }

  #threw(name: string, error: unknown): void {
    this.#log.error({ error: textOf(error) }, `the page's ${name} threw`);
  }
}
