import { ApiError } from '../../http/api-error.js';

/** Says which user is unknown, in the words of this generation. */
export async function knownUser<T>(userId: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 404 || error.field !== 'user_id') throw error;
    const message = `"user_id": the app has no user "${userId}"; GET …/users lists those that it has.`;
    throw new ApiError(404, 'ERR_NOT_FOUND', message, 'user_id');
  });
}
