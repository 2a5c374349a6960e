import { IntermixError } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';

/** Names the field when the store says that a cursor is none of its own. */
export async function namingCursor<T>(field: string, reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    if (!(error instanceof IntermixError) || error.code !== 'ERR_STORE_CURSOR') throw error;
    throw badCursor(field);
  });
}

export function badCursor(field: string): ApiError {
  return ApiError.invalid(field, `"${field}" is none that an answer gave: leave it out to begin anew.`);
}
