import type { NewAuditEntry } from '../audit/audit-log.js';

export type Role = 'agent' | 'supervisor' | 'admin' | 'super_admin';

/** Roles from least to most; each may do what the ones before it may. */
export const roles: readonly Role[] = ['agent', 'supervisor', 'admin', 'super_admin'];

/** Whether `role` stands above the other one. */
export function outranks(role: Role, other: Role): boolean {
  return roles.indexOf(role) > roles.indexOf(other);
}

/** A person who signs in to the administration API. */
export interface Admin {
  id: string;
  email: string;
  name: string;
  role: Role;
  accountSid: string;
  /** argon2id, PHC string. */
  passwordHash: string;
  /** Who is not cannot sign in, and has no sessions. */
  isActive: boolean;
  lastLoginAt: Date | undefined;
  createdAt: Date;
}

/** What is to become of a person, decided while nobody else can change them. */
export interface AdminDecision {
  /** What is left out stays. */
  change: Partial<Pick<Admin, 'name' | 'role' | 'isActive' | 'passwordHash'>>;
  /** Which of the person's sessions end with it: none when it is left out. */
  endSessions?: 'all' | { except: string };
  /** Written with the change, or neither is. */
  entry: NewAuditEntry;
}

/** Who may sign in. Implemented by the store. */
export interface AdminDirectory {
  /** Whatever its case. */
  findAdminByEmail(email: string): Promise<Admin | undefined>;
  getAdmin(accountSid: string, adminId: string): Promise<Admin | undefined>;
  /** Oldest first. */
  listAdmins(query: {
    accountSid: string;
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ admins: Admin[]; nextCursor: string | undefined }>;
  /** Throws ERR_STORE_CONFLICT on `email`. The entry is written with the person, or neither is. */
  createAdmin(
    input: Pick<Admin, 'email' | 'name' | 'role' | 'accountSid' | 'passwordHash'>,
    entryOf: (made: Admin) => NewAuditEntry,
  ): Promise<Admin>;
  /** `decide` may throw: then nothing is changed. Undefined when the account has none of that id. */
  changeAdmin(
    accountSid: string,
    adminId: string,
    decide: (before: Admin) => AdminDecision,
  ): Promise<Admin | undefined>;
}

/** A session in force, with its person as they are now. */
export interface AdminSession {
  sessionId: string;
  admin: Admin;
}

/** Sessions of those who signed in, each with its chain of refresh tokens. Implemented by the store. */
export interface AdminSessions {
  /** Begins one; undefined when the person's password is another by now, or they are not active any more. */
  open(
    input: { admin: Admin; refreshToken: string; source: string },
    entryOf: (sessionId: string) => NewAuditEntry,
  ): Promise<{ sessionId: string; expiresAt: Date } | undefined>;
  /** At most a second old. Undefined when it has ended, or its person is not active. */
  find(sessionId: string): Promise<AdminSession | undefined>;
  /** Takes a refresh token for the next one. One that was spent before ends its session, and that is put on record. */
  rotate(
    token: string,
    next: string,
    entryOf: (session: AdminSession) => NewAuditEntry,
  ): Promise<
    | { result: 'rotated'; session: AdminSession; expiresAt: Date }
    | { result: 'reused'; session: AdminSession }
    | { result: 'unknown' }
  >;
  end(accountSid: string, sessionId: string, entry: NewAuditEntry): Promise<void>;
}
