import { ApiError } from '../../http/api-error.js';
import type { MappedUser, MappedUserStore, SipSessionGrant, Telephony } from '../ports.js';
import type { AppScope } from './app-scope.js';

/** Short-lived SIP passwords, so that a page need not hold the lasting one. */
export class SessionService {
  readonly #deps: { users: Pick<MappedUserStore, 'find'>; telephony: Pick<Telephony, 'sipSession'> };

  constructor(deps: { users: Pick<MappedUserStore, 'find'>; telephony: Pick<Telephony, 'sipSession'> }) {
    this.#deps = deps;
  }

  /** 404: the app has no such user, or it is not active. */
  async open(
    app: Pick<AppScope, 'accountSid' | 'appId'>,
    userId: string,
    lifetimeSec: number,
  ): Promise<{ user: MappedUser; grant: SipSessionGrant }> {
    const user = await this.#deps.users.find(app.accountSid, app.appId, userId);
    const grant = user?.isActive ? await this.#deps.telephony.sipSession(user, lifetimeSec) : undefined;
    if (!user || !grant) throw new ApiError(404, 'ERR_NOT_FOUND', 'record not found', 'user_id');
    return { user, grant };
  }
}
