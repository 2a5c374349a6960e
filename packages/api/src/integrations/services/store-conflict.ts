import { IntermixError } from '@intermix/kernel';

/** The field of a conflict that the store reports; undefined for every other error. */
export function conflictField(error: unknown): string | undefined {
  if (!(error instanceof IntermixError) || error.code !== 'ERR_STORE_CONFLICT') return undefined;
  return (error as { field?: string }).field;
}
