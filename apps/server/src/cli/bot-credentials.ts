import { CommandError } from './command-error.js';

/** Names of environment variables: what stands on a command line is seen by others. */
export const credentialOptions = { 'user-env': { type: 'string' }, 'password-env': { type: 'string' } } as const;

/** User and password for Basic, where they are named. Throws CommandError. */
export function credentialsOf(values: {
  'user-env'?: string | undefined;
  'password-env'?: string | undefined;
}): { user: string; password: string } | undefined {
  const { 'user-env': userName, 'password-env': passwordName } = values;
  if (userName === undefined && passwordName === undefined) return undefined;
  return { user: variable(userName), password: variable(passwordName) };
}

function variable(name: string | undefined): string {
  const value = name === undefined ? undefined : process.env[name];
  if (value === undefined)
    throw CommandError.usage('--user-env and --password-env each name an environment variable that is set.');
  return value;
}
