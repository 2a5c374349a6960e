import { IntermixError } from '@intermix/kernel';

/** A refusal with its HTTP status. The message names the field and the cure where there is one. */
export class ApiError extends IntermixError {
  readonly code: `ERR_${string}`;

  constructor(
    readonly status: number,
    code: `ERR_${string}`,
    message: string,
    readonly field?: string,
    /** Seconds, for Retry-After. */
    readonly retryAfterSec?: number,
  ) {
    super(message);
    this.code = code;
  }

  static invalid(field: string, message: string): ApiError {
    return new ApiError(400, 'ERR_VALIDATION', message, field);
  }

  static unauthorized(message = 'Sign in first: send the access token as "Authorization: Bearer …".'): ApiError {
    return new ApiError(401, 'ERR_UNAUTHORIZED', message);
  }

  static forbidden(message: string): ApiError {
    return new ApiError(403, 'ERR_FORBIDDEN', message);
  }

  static notFound(what: string): ApiError {
    return new ApiError(404, 'ERR_NOT_FOUND', `There is no such ${what}.`);
  }

  static tooMany(message: string, retryAfterSec: number): ApiError {
    return new ApiError(429, 'ERR_TOO_MANY_REQUESTS', message, undefined, retryAfterSec);
  }

  static unavailable(message: string): ApiError {
    return new ApiError(503, 'ERR_UNAVAILABLE', message);
  }
}
