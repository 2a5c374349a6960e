import { type Clock, IntermixError } from '@intermix/kernel';
import type { AuditEntry, AuditLog, NewAuditEntry } from '../audit/audit-log.js';
import { type Admin, type AdminDirectory, type AdminSessions, type Role, roles } from '../auth/admin.js';

export interface MemoryPeople {
  admins: AdminDirectory;
  sessions: AdminSessions;
  audit: AuditLog;
  /** What was put on record, oldest first. */
  entries: AuditEntry[];
  /** While it is set, nothing can be put on record. */
  auditFails: { with: Error | undefined };
}

interface Session {
  sessionId: string;
  adminId: string;
  /** Every refresh token of it, and whether it is still good. */
  tokens: Map<string, boolean>;
}

const weekMs = 7 * 24 * 3_600_000;

/** People, sessions and the audit log as the store keeps them, with a person of each role in accounts `one` and `two`. */
export function memoryPeople(clock: Clock, passwordHash: string): MemoryPeople {
  const entries: AuditEntry[] = [];
  const auditFails: MemoryPeople['auditFails'] = { with: undefined };
  const people: Admin[] = ['one', 'two'].flatMap((accountSid) => roles.map((role) => personOf(role, accountSid)));
  const sessions: Session[] = [];

  function personOf(role: Role, accountSid: string): Admin {
    const email = `${role}.${accountSid}@example.com`;
    const times = { lastLoginAt: undefined, createdAt: new Date(clock.now()) };
    return {
      id: `adm_${role}_${accountSid}`,
      email,
      name: role,
      role,
      accountSid,
      passwordHash,
      isActive: true,
      ...times,
    };
  }
  const append = (entry: NewAuditEntry) => {
    if (auditFails.with) throw auditFails.with;
    entries.push({ ...entry, id: `aud_${entries.length + 1}`, at: new Date(clock.now()) });
  };
  const find = (accountSid: string, id: string) =>
    people.find((person) => person.accountSid === accountSid && person.id === id);
  const end = (wanted: (session: Session) => boolean) => {
    for (const session of sessions.filter(wanted)) sessions.splice(sessions.indexOf(session), 1);
  };
  const live = (session: Session | undefined) => {
    const admin = people.find((person) => person.id === session?.adminId);
    return session && admin?.isActive ? { sessionId: session.sessionId, admin: { ...admin } } : undefined;
  };

  return {
    entries,
    auditFails,
    admins: {
      findAdminByEmail: async (email) => people.find((person) => person.email === email.toLowerCase()),
      getAdmin: async (accountSid, id) => find(accountSid, id),
      listAdmins: async ({ accountSid, limit }) => ({
        admins: people.filter((person) => person.accountSid === accountSid).slice(0, limit),
        nextCursor: undefined,
      }),
      async createAdmin(input, entryOf) {
        if (people.some(({ email }) => email === input.email)) throw conflict('email');
        const made = { ...personOf(input.role, input.accountSid), ...input, id: `adm_${people.length + 1}` };
        append(entryOf(made));
        people.push(made);
        return made;
      },
      async changeAdmin(accountSid, id, decide) {
        const person = find(accountSid, id);
        if (person === undefined) return undefined;
        const { change, endSessions, entry } = decide({ ...person });
        append(entry);
        const kept = endSessions === 'all' ? undefined : endSessions?.except;
        if (endSessions) end((session) => session.adminId === id && session.sessionId !== kept);
        return { ...Object.assign(person, change) };
      },
    },
    sessions: {
      async open({ admin, refreshToken }, entryOf) {
        const sessionId = `ses_${crypto.randomUUID()}`;
        append(entryOf(sessionId));
        sessions.push({ sessionId, adminId: admin.id, tokens: new Map([[refreshToken, true]]) });
        return { sessionId, expiresAt: new Date(clock.now() + weekMs) };
      },
      find: async (sessionId) => live(sessions.find((session) => session.sessionId === sessionId)),
      async rotate(token, next, entryOf) {
        const session = sessions.find(({ tokens }) => tokens.has(token));
        const alive = live(session);
        if (session === undefined || alive === undefined) return { result: 'unknown' };
        if (session.tokens.get(token)) {
          session.tokens.set(token, false).set(next, true);
          return { result: 'rotated', session: alive, expiresAt: new Date(clock.now() + weekMs) };
        }
        append(entryOf(alive));
        end((one) => one === session);
        return { result: 'reused', session: alive };
      },
      async end(_accountSid, sessionId, entry) {
        append(entry);
        end((session) => session.sessionId === sessionId);
      },
    },
    audit: {
      append: async (...made) => made.forEach(append),
      async list({ accountSid, actorId, action, resourceType, resourceId, limit }) {
        const wanted = entries.filter(
          (entry) =>
            entry.accountSid === accountSid &&
            [actorId ?? entry.actor.id, action ?? entry.action].join() === [entry.actor.id, entry.action].join() &&
            (resourceType ?? entry.resource.type) === entry.resource.type &&
            (resourceId ?? entry.resource.id) === entry.resource.id,
        );
        return { entries: wanted.reverse().slice(0, limit), nextCursor: undefined };
      },
    },
  };
}

function conflict(field: string): Error {
  return Object.assign(new StoreConflict(`${field} is taken`), { field });
}

class StoreConflict extends IntermixError {
  readonly code = 'ERR_STORE_CONFLICT';
}
