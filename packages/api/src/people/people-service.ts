import type { Clock } from '@intermix/kernel';
import { type Origin, personActor } from '../audit/actor.js';
import type { NewAuditEntry } from '../audit/audit-log.js';
import { changedFields, givenFields } from '../audit/field-changes.js';
import type { AccessClaims } from '../auth/access-tokens.js';
import { type Admin, type AdminDecision, type AdminDirectory, outranks, type Role } from '../auth/admin.js';
import { GuessLimit } from '../auth/guess-limit.js';
import type { Passwords } from '../auth/passwords.js';
import { ApiError } from '../http/api-error.js';

/** Who does it, and from where. */
export interface Doer {
  who: AccessClaims;
  origin: Origin;
}

export interface PeopleDeps {
  admins: AdminDirectory;
  passwords: Passwords;
  clock: Clock;
}

const secret = { secret: true } as const;

/**
 * Those who sign in: whoever may, makes people up to their own rank and changes those of a lower one. Every change is put on
 * record with it.
 */
export class PeopleService {
  readonly #deps: PeopleDeps;
  readonly #guesses: GuessLimit;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
    this.#guesses = new GuessLimit({ clock: deps.clock, allowed: 5, windowMs: 60_000 });
  }

  /** Throws 403 for a role above one's own, ERR_STORE_CONFLICT when the e-mail address is taken. */
  async create(
    input: { email: string; name: string; role: Role; password: string },
    { who, origin }: Doer,
  ): Promise<Admin> {
    refuseRoleAbove(who.role, input.role);
    const { password, ...fields } = { ...input, email: input.email.toLowerCase() };
    const passwordHash = await this.#deps.passwords.hash(password);
    return this.#deps.admins.createAdmin({ ...fields, accountSid: who.accountSid, passwordHash }, (made) =>
      entryOf({ who, origin }, 'registerUser', made.id, { ...givenFields(fields), password: secret }),
    );
  }

  /** Throws 404, and 403 when the person is not of a lower rank or the role is above one's own. */
  async update(
    id: string,
    change: { name?: string | undefined; role?: Role | undefined; isActive?: boolean | undefined },
    doer: Doer,
  ): Promise<Admin> {
    return this.#change(id, doer.who.accountSid, (before) => {
      refuseUnlessAbove(doer.who, before);
      if (change.role !== undefined) refuseRoleAbove(doer.who.role, change.role);
      const wanted = withoutUndefined(change);
      const changes = changedFields(fieldsOf(before), fieldsOf({ ...before, ...wanted }), {});
      const entry = entryOf(doer, 'updatePerson', id, changes);
      return { change: wanted, entry, ...(change.isActive === false ? { endSessions: 'all' } : {}) };
    });
  }

  /** Ends all of the person's sessions. Throws as `update` does. */
  async resetPassword(id: string, password: string, doer: Doer): Promise<void> {
    const before = await this.find(id, doer.who);
    refuseUnlessAbove(doer.who, before); // Before the costly hash, and again with the change.
    const passwordHash = await this.#deps.passwords.hash(password);
    await this.#change(id, doer.who.accountSid, (now) => {
      refuseUnlessAbove(doer.who, now);
      const entry = entryOf(doer, 'resetPassword', id, { password: secret });
      return { change: { passwordHash }, endSessions: 'all', entry };
    });
  }

  async rename(name: string, doer: Doer): Promise<Admin> {
    const { personId: id, accountSid } = doer.who;
    return this.#change(id, accountSid, (before) => {
      const entry = entryOf(doer, 'updateOwnUser', id, changedFields({ name: before.name }, { name }, {}));
      return { change: { name }, entry };
    });
  }

  /** Ends all other sessions of the person. Throws 400 when the current password is not that, 429 after some of these. */
  async changeOwnPassword(given: { current: string; wanted: string }, doer: Doer): Promise<void> {
    const { personId: id, accountSid, sessionId } = doer.who;
    const waitSec = this.#guesses.waitSec(sessionId);
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong passwords: wait a minute.', waitSec);
    this.#guesses.failed(sessionId); // Until it is known to be right: many at once are counted too.
    const before = await this.find(id, doer.who);
    if (!(await this.#deps.passwords.verify(before.passwordHash, given.current)))
      throw ApiError.invalid('current_password', '"current_password" is not your password.');
    this.#guesses.succeeded(sessionId);
    const passwordHash = await this.#deps.passwords.hash(given.wanted);
    await this.#change(id, accountSid, (now) => {
      if (now.passwordHash !== before.passwordHash)
        throw ApiError.invalid('current_password', '"current_password" was changed meanwhile.');
      const entry = entryOf(doer, 'changeOwnPassword', id, { password: secret });
      return { change: { passwordHash }, endSessions: { except: sessionId }, entry };
    });
  }

  /** Throws 404. */
  async find(id: string, who: AccessClaims): Promise<Admin> {
    const found = await this.#deps.admins.getAdmin(who.accountSid, id);
    if (found === undefined) throw ApiError.notFound('person');
    return found;
  }

  async #change(id: string, accountSid: string, decide: (before: Admin) => AdminDecision): Promise<Admin> {
    const changed = await this.#deps.admins.changeAdmin(accountSid, id, decide);
    if (changed === undefined) throw ApiError.notFound('person');
    return changed;
  }
}

function refuseRoleAbove(own: Role, wanted: Role): void {
  if (outranks(wanted, own)) throw ApiError.forbidden(`You are ${own} and cannot make anybody ${wanted}.`);
}

function refuseUnlessAbove(who: AccessClaims, person: Admin): void {
  if (person.id === who.personId) throw ApiError.forbidden('This is you: see PUT /api/v1/auth/me.');
  if (!outranks(who.role, person.role))
    throw ApiError.forbidden(`You are ${who.role} and can change only people below that; ${person.email} is not.`);
}

function entryOf({ who, origin }: Doer, action: string, id: string, changes: NewAuditEntry['changes']): NewAuditEntry {
  return { ...personActor(who), ...origin, action, resource: { type: 'user', id }, changes };
}

const fieldsOf = ({ name, role, isActive }: Admin) => ({ name, role, is_active: isActive });

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
