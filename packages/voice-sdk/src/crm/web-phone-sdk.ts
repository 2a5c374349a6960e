import type { ExotelCall, ExotelCallDetails } from '../compat/exotel-call.js';
import { ExotelWebClient } from '../compat/exotel-web-client.js';
import { callSafely } from '../compat/page-callbacks.js';
import type { SipAccountInfo } from '../compat/sip-account-info.js';
import { VoiceError } from '../errors.js';
import type { Platform } from '../platform.js';
import type { CamelEnvelope, IntegrationsApi } from './integrations-api.js';
import type { User } from './user.js';

/** `activeSession`: a call goes on here, after a reload of the page. */
export type CrmCallEvent = 'incoming' | 'activeSession' | 'connected' | 'callEnded' | 'holdtoggle' | 'mutetoggle';

/** What `callDetails()` gives, and whom the call is with. */
export interface CrmCallData extends Partial<ExotelCallDetails> {
  callFromNumber: string | null | undefined;
}

export type CrmCallListener = (event: CrmCallEvent, callData: CrmCallData) => void;
/** `state`: `sent_request`, `registered`, `unregistered`. */
export type RegisterListener = (state: string) => void;
export type SessionListener = (state: string, sipInfo: unknown) => void;

/** `Data` of `POST /call/outbound_call`, as far as it is certain. */
export interface OutboundCall {
  CallSid: string;
  [field: string]: unknown;
}

/** `success` with the server's envelope (`data.Data.CallSid`), or `failed` with the error. */
export interface MakeCallCallback {
  (status: 'success', data: CamelEnvelope<OutboundCall>): void;
  (status: 'failed', data: VoiceError): void;
}

/** Longest application value of a call. */
const MAX_CUSTOM_FIELD = 128;

/** Exotel's phone object. Every method may be detached; none throws, and a listener that throws breaks no call. */
export class ExotelWebPhoneSDK {
  /** Why the last step failed; undefined before the first failure. */
  lastError: VoiceError | undefined;
  readonly #api: IntegrationsApi;
  readonly #user: User;
  readonly #client: ExotelWebClient;
  #onCall: CrmCallListener | null = null;
  #onRegister: RegisterListener | null = null;
  #onSession: SessionListener | null = null;
  #call: ExotelCall | undefined;

  constructor(deps: { api: IntegrationsApi; user: User; platform: Platform }) {
    this.#api = deps.api;
    this.#user = deps.user;
    this.#client = new ExotelWebClient(deps.platform);
  }

  /** Keeps account and listeners, and registers when told to. Called by `ExotelCRMWebSDK`. */
  Initialize(
    sipInfo: SipAccountInfo,
    callListener: CrmCallListener | null,
    autoConnectVOIP = false,
    registerListener: RegisterListener | null = null,
    sessionListener: SessionListener | null = null,
  ): ExotelWebPhoneSDK {
    this.#onCall = callListener;
    this.#onRegister = registerListener;
    this.#onSession = sessionListener;
    this.#client.initWebrtc(
      sipInfo,
      (state) => this.#tell('registerListener', this.#onRegister, [state]),
      (_call, event) => this.#happened(event as CrmCallEvent),
      (state, phone) => this.#tell('sessionListener', this.#onSession, [state, phone]),
    );
    if (autoConnectVOIP) this.RegisterDevice();
    return this;
  }

  RegisterDevice = (): void => {
    this.#client.DoRegister();
  };

  /** `RegisterDevice` by the name that Exotel's README has. */
  DoRegister = this.RegisterDevice;

  UnRegisterDevice = (): void => {
    this.#client.UnRegister();
  };

  AcceptCall = (): void => this.#act((call) => call.Answer());

  /** Ends the call; a ringing one is refused. */
  HangupCall = (): void => this.#act((call) => call.Hangup());

  /**
   * Has the server call: first this phone, which hears `incoming` and has to accept, then the number. `customField`, at most
   * 128 characters, goes along as `custom_field`: our server keeps it with the call and tells it in each of the call's
   * webhooks. Resolves when the callback was told; never rejects.
   */
  MakeCall = async (number: string, callback?: MakeCallCallback | null, customField?: string): Promise<void> => {
    try {
      const data = await this.#placeCall(number, customField);
      this.#tell('callback', callback, ['success', data]);
    } catch (error) {
      this.#tell('callback', callback, ['failed', this.#noted(error)]);
    }
  };

  /** Holds the call, or takes it back; tells `holdtoggle`. */
  ToggleHold = (): void => {
    this.#act((call) => call.HoldToggle());
    this.#happened('holdtoggle');
  };

  /** Mutes the microphone, or takes that back; tells `mutetoggle`. Before any call it only tells. */
  ToggleMute = (): void => {
    this.#call?.MuteToggle();
    this.#happened('mutetoggle');
  };

  /** One digit of `0-9 * #`. */
  SendDTMF = (digit: string): void => {
    if (!/^[0-9*#]$/.test(String(digit))) {
      this.#noted(new VoiceError('invalid-dtmf', `"${String(digit).slice(0, 8)}" is not one digit`));
      return;
    }
    this.#act((call) => call.sendDTMF(digit));
  };

  #placeCall(number: string, customField: string | undefined): Promise<CamelEnvelope<OutboundCall>> {
    if (typeof number !== 'string' || number.trim() === '') {
      throw new VoiceError('invalid-target', 'there is no number to call');
    }
    if (customField !== undefined && String(customField).length > MAX_CUSTOM_FIELD) {
      throw new VoiceError('invalid-options', `customField is longer than ${MAX_CUSTOM_FIELD} characters`, {
        field: 'customField',
      });
    }
    const body = {
      customer_id: this.#user.customerId,
      app_id: this.#user.appId,
      to: number,
      user_id: this.#user.appUserId,
      // Left out when there is none: that is the vendor's own body.
      ...(customField !== undefined && customField !== null && { custom_field: String(customField) }),
    };
    return this.#api.ask<OutboundCall>('/call/outbound_call', { method: 'POST', body, what: 'the call' });
  }

  #act(step: (call: ExotelCall) => Promise<void>): void {
    if (!this.#call) {
      this.#noted(new VoiceError('wrong-state', 'there is no call'));
      return;
    }
    step(this.#call).catch((error) => this.#noted(error));
  }

  #happened(event: CrmCallEvent): void {
    const call = this.#client.getCall();
    if (event === 'incoming' || event === 'activeSession') this.#call = call;
    const data = { ...call.callDetails(), callFromNumber: this.#client.callFromNumber };
    this.#tell('callListener', this.#onCall, [event, data]);
  }

  /** A page's function that throws breaks no call; `lastError` names it. */
  #tell(field: string, listener: unknown, args: readonly unknown[]): void {
    callSafely(listener, args, (cause) => {
      this.#noted(
        new VoiceError('invalid-options', `the page's ${field} threw: ${cause}`, { cause, field, fatal: false }),
      );
    });
  }

  #noted(error: unknown): VoiceError {
    this.lastError =
      error instanceof VoiceError ? error : new VoiceError('api-failed', String(error), { cause: error });
    return this.lastError;
  }
}
