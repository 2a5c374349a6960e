import { CallError, type CallProblem, type CallRecord } from '@intermix/calls';
import { ApiError } from '../../http/api-error.js';
import type { MappedUser, MappedUserStore, Telephony } from '../ports.js';
import type { AppScope } from './app-scope.js';

/** A call that telephony refused, with the vendor's number for it. */
export class TelephonyRefusal extends ApiError {
  constructor(
    status: number,
    /** As the vendor numbers it: 10706 busy, 1012 device off, 10731 no such user, 10716 no such number. */
    readonly vendorCode: number,
    message: string,
    readonly description: string,
  ) {
    super(status, 'ERR_CALL_REFUSED', message);
  }
}

const refusals = {
  'user-busy': () =>
    new TelephonyRefusal(404, 10706, 'User device is currently busy', 'The user is in a call; try again in a moment.'),
  'device-off': () =>
    new TelephonyRefusal(
      409,
      1012,
      'Device not available',
      'No device of the user is on and reachable: register the SIP device, or switch the telephone on.',
    ),
  'unknown-user': () =>
    new TelephonyRefusal(404, 10731, 'User not found', 'The app has no such user: map it with POST /usermapping.'),
  'no-number': () =>
    new TelephonyRefusal(
      404,
      10716,
      'Virtual number not found',
      'The user’s VirtualNumber is no number of the account: change it with PUT /usermapping.',
    ),
} as const;

/** What the switch says, in the words above. */
const refusalOfProblem: Readonly<Partial<Record<CallProblem, keyof typeof refusals>>> = {
  'device-busy': 'user-busy',
  'device-off': 'device-off',
  'no-virtual-number': 'no-number',
};

/** What the switch says that the vendor has no number for. */
const statusOfProblem: Readonly<Partial<Record<CallProblem, number>>> = {
  'not-allowed': 400,
  'carrier-channels': 503,
  'carrier-rate': 503,
  'carrier-failed': 503,
  unavailable: 503,
  'store-failed': 503,
};

/** Calls that a backend asks for: the user's device rings first, then the other party. */
export class CallService {
  readonly #deps: { users: Pick<MappedUserStore, 'find'>; telephony: Pick<Telephony, 'placeCall'> };

  constructor(deps: { users: Pick<MappedUserStore, 'find'>; telephony: Pick<Telephony, 'placeCall'> }) {
    this.#deps = deps;
  }

  /** Resolves when the user's device is being rung. An empty `customField` is none. 400: no telephone number; TelephonyRefusal: as its codes say. */
  async place(
    app: Pick<AppScope, 'accountSid' | 'appId'>,
    request: { userId: string; to: string; customField?: string | null | undefined },
    spelling: { to: string },
  ): Promise<{ call: CallRecord; user: MappedUser }> {
    const user = await this.#deps.users.find(app.accountSid, app.appId, request.userId);
    if (user === undefined) throw refusals['unknown-user']();
    if (!user.isActive || !user.outboundActive) throw refusals['device-off']();
    const call = await this.#deps.telephony
      .placeCall({ user, to: request.to, customField: request.customField || undefined })
      .catch((error: unknown) => {
        throw refusalOf(error, spelling) ?? error;
      });
    return { call, user };
  }
}

/** A number without a country is read by the switch, as in the country of the account's carrier. */
function refusalOf(error: unknown, spelling: { to: string }): ApiError | undefined {
  if (!(error instanceof CallError)) return undefined;
  if (error.problem === 'bad-number')
    return ApiError.invalid(
      spelling.to,
      `"${spelling.to}" is no telephone number: give it as +<country code><number>.`,
    );
  const refusal = refusalOfProblem[error.problem];
  if (refusal !== undefined) return refusals[refusal]();
  const status = statusOfProblem[error.problem];
  return status === undefined
    ? undefined
    : new ApiError(status, 'ERR_CALL_REFUSED', `The call was not placed: ${error.message}.`);
}
