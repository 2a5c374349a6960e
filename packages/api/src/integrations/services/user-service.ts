import { type SipUser, toE164 } from '@intermix/calls';
import type { Random } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';
import type { MappedUser, MappedUserStore, NewMappedUser, NumberDirectory, Telephony } from '../ports.js';
import type { AppScope } from './app-scope.js';
import { newSipPassword, newSipUsername } from './sip-account.js';
import type { UserField, UserSpelling } from './spelling.js';
import { conflictField } from './store-conflict.js';

/** A user to be made. Its SIP account is given by us. */
export interface WantedUser {
  userId: string;
  name: string;
  email: string | undefined;
  exotelUserName: string | undefined;
  /** As people write it. */
  phone: string | undefined;
  /** As people write it; must be a number of the account. */
  virtualNumber: string | undefined;
  devices: { sip: boolean; phone: boolean };
}

/** A user that was just made, with the password that is told once more only by `SipSecret`. */
export interface ProvisionedUser {
  user: MappedUser;
  sipPassword: string;
}

/** A user's devices as they are now. */
export interface DeviceState {
  user: MappedUser;
  /** Whether a SIP device of the user is registered at this moment. */
  isRegistered: boolean;
  /** Undefined: none was ever registered. */
  lastSeenAt: Date | undefined;
}

export interface UserServiceDeps {
  users: MappedUserStore;
  numbers: NumberDirectory;
  telephony: Pick<Telephony, 'registrations' | 'forgetUser'>;
  random: Random;
}

const maxNameTries = 5;
const defaultRole = 'agent';

/**
 * Users of an app: both generations of the API stand on this. Refusals are ApiErrors whose `field` and message use the
 * spelling that is passed; an unknown user is 404 "record not found".
 */
export class UserService {
  readonly #deps: UserServiceDeps;

  constructor(deps: UserServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Makes users with SIP accounts that can register at once; all or none. In a list (`isList`) a refusal names the item:
   * `1.VirtualNumber`. 400: bad number, an id that is taken or comes twice, no device on. 404: a number that is not the
   * account's.
   */
  async provision(
    app: AppScope,
    wanted: readonly WantedUser[],
    spelling: UserSpelling,
    options: { isList: boolean },
  ): Promise<ProvisionedUser[]> {
    const at = (index: number, field: UserField) => `${options.isList ? `${index}.` : ''}${spelling[field]}`;
    refuseDoubles(wanted, at);
    const rows: NewMappedUser[] = [];
    for (const [index, user] of wanted.entries()) {
      const phone = user.phone === undefined ? undefined : numberOf(user.phone, at(index, 'phone'));
      if (user.devices.phone && phone === undefined) throw missingPhone(at(index, 'phone'));
      if (!user.devices.phone && !user.devices.sip) throw noDevice(at(index, 'sip'));
      const virtualNumber =
        user.virtualNumber === undefined
          ? undefined
          : await this.#ownNumber(app, user.virtualNumber, at(index, 'virtualNumber'));
      const account = { sipUsername: '', sipPassword: newSipPassword(this.#deps.random), role: defaultRole };
      rows.push({ ...user, ...account, accountSid: app.accountSid, appId: app.appId, phone, virtualNumber });
    }
    const made = await this.#create(app, rows, at);
    const passwords = new Map(rows.map((row) => [row.userId, row.sipPassword]));
    return made.map((user) => ({ user, sipPassword: passwords.get(user.userId) ?? '' }));
  }

  /** Throws 404 "record not found". */
  async find(app: AppScope, userId: string): Promise<MappedUser> {
    const user = await this.#deps.users.find(app.accountSid, app.appId, userId);
    if (user === undefined) throw userNotFound();
    return user;
  }

  /** In order of creation. */
  list(app: AppScope, page: { limit: number; offset: number }): Promise<{ users: MappedUser[]; total: number }> {
    return this.#deps.users.list(app.accountSid, app.appId, page);
  }

  /** Changes the fields that are present; `undefined` clears. 404: no such user, or a number that is not the account's. */
  async update(
    app: AppScope,
    userId: string,
    patch: {
      virtualNumber?: string | undefined;
      name?: string;
      phone?: string | undefined;
      email?: string | undefined;
    },
    spelling: UserSpelling,
  ): Promise<MappedUser> {
    const changes = { ...patch };
    if (patch.phone !== undefined) changes.phone = numberOf(patch.phone, spelling.phone);
    const before = await this.find(app, userId);
    if ('phone' in patch && patch.phone === undefined && before.devices.phone) throw phoneIsOn(spelling.phone);
    if (patch.virtualNumber !== undefined)
      changes.virtualNumber = await this.#ownNumber(app, patch.virtualNumber, spelling.virtualNumber);
    const user = await this.#deps.users.update(app.accountSid, app.appId, userId, changes);
    if (user === undefined) throw userNotFound();
    return user;
  }

  /**
   * Switches devices on and off; one that is not named stays. 400: none would be on, or the telephone of a user without a
   * number. 404: no such user.
   */
  async setDevices(
    app: AppScope,
    userId: string,
    devices: { sip?: boolean; phone?: boolean },
    spelling: UserSpelling,
  ): Promise<MappedUser> {
    if (devices.phone === true && (await this.find(app, userId)).phone === undefined)
      throw missingPhone(spelling.phone);
    const { users } = this.#deps;
    const user = await users.setDevices(app.accountSid, app.appId, userId, devices).catch((error: unknown) => {
      throw conflictField(error) === 'devices' ? noDevice(spelling.sip) : error;
    });
    if (user === undefined) throw userNotFound();
    return user;
  }

  /** Throws 404 "record not found". */
  async deviceState(app: AppScope, userId: string): Promise<DeviceState> {
    return this.deviceStateOf(await this.find(app, userId));
  }

  /** The same of a user at hand. */
  deviceStateOf(user: MappedUser): DeviceState {
    return {
      user,
      isRegistered: this.#deps.telephony.registrations(user) > 0,
      lastSeenAt: user.sipLastSeenAt,
    };
  }

  /** Deletes users and ends their registrations; all or none: 404 names the first id that is unknown. */
  async delete(app: AppScope, userIds: readonly string[]): Promise<void> {
    const wanted = [...new Set(userIds)];
    for (const userId of wanted) {
      const known = await this.#deps.users.find(app.accountSid, app.appId, userId);
      if (known === undefined) throw userNotFound(wanted.length > 1 ? userId : undefined);
    }
    this.#forget(await this.#deps.users.delete(app.accountSid, app.appId, wanted));
  }

  /** Deletes all users of the app and ends their registrations. */
  async deleteAll(app: AppScope): Promise<void> {
    this.#forget(await this.#deps.users.deleteAll(app.accountSid, app.appId));
  }

  async #create(
    app: AppScope,
    rows: NewMappedUser[],
    at: (index: number, field: UserField) => string,
  ): Promise<MappedUser[]> {
    for (let tries = 1; ; tries++) {
      const named = rows.map((row) => ({ ...row, sipUsername: newSipUsername(row.userId, this.#deps.random) }));
      try {
        return await this.#deps.users.create(named);
      } catch (error) {
        const field = conflictField(error);
        if (field === 'user_id') throw await this.#taken(app, rows, at);
        if (field !== 'sip_username' || tries === maxNameTries) throw error;
      }
    }
  }

  /** Which of the ids is taken: asked only when one is. */
  async #taken(
    app: AppScope,
    rows: readonly NewMappedUser[],
    at: (index: number, field: UserField) => string,
  ): Promise<ApiError> {
    for (const [index, { userId }] of rows.entries())
      if (await this.#deps.users.find(app.accountSid, app.appId, userId))
        return duplicate(at(index, 'userId'), userId, 'is a user of the app already');
    return ApiError.invalid(
      at(0, 'userId'),
      'A user of one of these ids was made meanwhile: look which, and leave it out.',
    );
  }

  async #ownNumber(app: AppScope, text: string, field: string): Promise<string> {
    const number = numberOf(text, field);
    const did = await this.#deps.numbers.findDid(number);
    if (did?.accountSid === app.accountSid) return number;
    throw new ApiError(
      404,
      'ERR_NOT_FOUND',
      `"${field}": ${number} is no number of the account; give one of its ExoPhones.`,
      field,
    );
  }

  #forget(users: readonly SipUser[]): void {
    for (const user of users) this.#deps.telephony.forgetUser(user);
  }
}

function refuseDoubles(wanted: readonly WantedUser[], at: (index: number, field: UserField) => string): void {
  const seen = new Set<string>();
  for (const [index, { userId }] of wanted.entries()) {
    if (seen.has(userId)) throw duplicate(at(index, 'userId'), userId, 'comes twice in this request');
    seen.add(userId);
  }
}

function duplicate(field: string, userId: string, why: string): ApiError {
  return ApiError.invalid(field, `"${field}": "${userId}" ${why}; an id is given once in an app.`);
}

function numberOf(text: string, field: string): string {
  const number = toE164(text);
  if (number !== undefined) return number;
  throw ApiError.invalid(field, `"${field}" is no telephone number: give it as +<country code><number>.`);
}

function missingPhone(field: string): ApiError {
  return ApiError.invalid(field, `The user has no telephone to switch on: give "${field}" first.`);
}

function phoneIsOn(field: string): ApiError {
  return ApiError.invalid(
    field,
    `"${field}": the user’s telephone is on; switch it off before its number is taken away.`,
  );
}

function noDevice(field: string): ApiError {
  return ApiError.invalid(field, `"${field}": at least one device must stay on; switch the other one on first.`);
}

function userNotFound(userId?: string): ApiError {
  const which = userId === undefined ? '' : `: the app has no user "${userId}"`;
  return new ApiError(404, 'ERR_NOT_FOUND', `record not found${which}`, 'user_id');
}
