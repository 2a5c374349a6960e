import type { SipAccountInfo } from '../compat/sip-account-info.js';
import { VoiceError } from '../errors.js';
import { browserPlatform, type Platform } from '../platform.js';
import { type CrmHost, type CrmHostOptions, crmHostOf } from './crm-host.js';
import { IntegrationsApi } from './integrations-api.js';
import { User, type UserMapping } from './user.js';
import {
  type CrmCallListener,
  ExotelWebPhoneSDK,
  type RegisterListener,
  type SessionListener,
} from './web-phone-sdk.js';

export interface ExotelCRMWebSDKOptions extends CrmHostOptions {
  /** `each-registers`: every tab of the page registers, as with Exotel's SDK. One for all tabs unless given. */
  tabs?: SipAccountInfo['tabs'];
  /** For tests: the browser's parts. */
  platform?: Platform;
}

/**
 * Exotel's CRM SDK: an access token and a user id become a phone. Same names, same order of requests, same events.
 * Without options it speaks to Exotel; `{host}` names another server.
 */
export class ExotelCRMWebSDK {
  /** Why the last `Initialize` gave no phone; undefined after one that did. Exotel's only prints it. */
  lastError: VoiceError | undefined;
  readonly #accessToken: string;
  readonly #agentUserId: string;
  readonly #autoConnect: boolean;
  readonly #platform: Platform;
  readonly #tabs: SipAccountInfo['tabs'];
  #host: CrmHost | undefined;

  /** Never throws: what is wrong with the arguments shows in `lastError`, now and after `Initialize`. */
  constructor(accessToken: string, agentUserID: string, autoConnectVOIP = false, options: ExotelCRMWebSDKOptions = {}) {
    this.#accessToken = accessToken;
    this.#agentUserId = agentUserID;
    this.#autoConnect = autoConnectVOIP;
    this.#platform = options.platform ?? browserPlatform();
    this.#tabs = options.tabs;
    try {
      mustBeText('accessToken', accessToken);
      mustBeText('agentUserID', agentUserID);
      this.#host = crmHostOf(options);
    } catch (error) {
      this.lastError = asVoiceError(error);
    }
  }

  /**
   * Asks for app, settings and user, and gives the phone; with `autoConnectVOIP` it registers at once. Resolves to
   * `undefined` when that fails, as Exotel's does; `lastError` then tells why. Any listener may be left out.
   */
  async Initialize(
    callListener?: CrmCallListener | null,
    registerListener: RegisterListener | null = null,
    sessionListener: SessionListener | null = null,
  ): Promise<ExotelWebPhoneSDK | undefined> {
    if (!this.#host) return undefined;
    try {
      const phone = await this.#phoneAt(this.#host, { callListener, registerListener, sessionListener });
      this.lastError = undefined;
      return phone;
    } catch (error) {
      this.lastError = asVoiceError(error);
      return undefined;
    }
  }

  async #phoneAt(
    host: CrmHost,
    listeners: {
      callListener: CrmCallListener | null | undefined;
      registerListener: RegisterListener | null;
      sessionListener: SessionListener | null;
    },
  ): Promise<ExotelWebPhoneSDK> {
    const api = new IntegrationsApi({
      platform: this.#platform,
      baseUrl: host.apiUrl,
      accessToken: this.#accessToken,
    });
    const app = await api.ask<{ ExotelAccountSid: string }>('/app', { what: 'the app' });
    await api.ask('/app_setting', { what: 'the settings of the app' });
    const id = encodeURIComponent(this.#agentUserId);
    const found = await api.ask<UserMapping>(`/usermapping?user_id=${id}`, { what: `the user ${this.#agentUserId}` });
    const user = new User(found.Data ?? {});
    const account = { ...accountOf(user, app.Data?.ExotelAccountSid, host), ...(this.#tabs && { tabs: this.#tabs }) };
    return new ExotelWebPhoneSDK({ api, user, platform: this.#platform }).Initialize(
      account,
      listeners.callListener ?? null,
      this.#autoConnect,
      listeners.registerListener,
      listeners.sessionListener,
    );
  }
}

/** The SIP account, in the fields of the integration guide. Throws VoiceError `api-failed` when the answers lack one. */
function accountOf(user: User, accountSid: string | undefined, { sipUrl, sipDomain }: CrmHost): SipAccountInfo {
  const userName = String(user.sipId ?? '').split(':')[1];
  const secret = user.sipSecret;
  if (!accountSid || !userName || !secret) {
    const missing = !accountSid ? 'ExotelAccountSid' : !userName ? 'SipId' : 'a SipSecret that can be read';
    throw new VoiceError('api-failed', `the server's answer lacks ${missing}`);
  }
  const security = sipUrl.protocol === 'wss:' ? 'wss' : 'ws';
  const port = sipUrl.port || (security === 'wss' ? '443' : '80');
  return {
    userName,
    authUser: userName,
    sipdomain: `${accountSid}.${sipDomain}`,
    domain: `${sipUrl.hostname}:${port}`,
    displayname: user.exotelUserName,
    secret,
    port,
    security,
    endpoint: sipUrl.pathname.replace(/^\/+/, '') || 'wss',
  };
}

function mustBeText(field: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new VoiceError('invalid-options', `"${field}" is missing`, { field });
}

function asVoiceError(error: unknown): VoiceError {
  return error instanceof VoiceError ? error : new VoiceError('api-failed', String(error), { cause: error });
}
