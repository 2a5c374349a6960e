export type Role = 'agent' | 'supervisor' | 'admin' | 'super_admin';

/** Roles from least to most; each may do what the ones before it may. */
export const roles: readonly Role[] = ['agent', 'supervisor', 'admin', 'super_admin'];

/** A person who signs in to the administration API. */
export interface Admin {
  email: string;
  name: string;
  role: Role;
  accountSid: string;
  /** argon2id, PHC string. */
  passwordHash: string;
}

/** Who may sign in. Implemented by the store. */
export interface AdminDirectory {
  findAdminByEmail(email: string): Promise<Admin | undefined>;
}
