import type { Logger } from '@intermix/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type Failure, failureOf, setFailureHeaders, unforeseen } from '../../http/error-reply.js';
import { answer } from './answers.js';

/** The vendor's words where they are known (401, 429), and of their kind where not. */
const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  416: 'RANGE_NOT_SATISFIABLE',
  429: 'RATE_LIMIT_EXCEEDED',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

const curesOfFramework: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'The body is of another media type: send application/x-www-form-urlencoded, multipart/form-data or application/json.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large: send less.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is shorter or longer than its Content-Length says.',
  FST_ERR_BAD_URL: 'The address is not validly percent-encoded.',
};

/** Answers any error of the Voice v1 API as a `RestException`. Unforeseen ones are logged whole and told as 500 without detail. */
export function voiceFailureReply(logger: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const failure = failureOf(error);
    if (failure === undefined)
      logger.error({ err: error, method: request.method, route: request.routeOptions?.url }, 'request failed');
    const { status, message, retryAfterSec } = failure ?? unforeseen;
    const cure = curesOfFramework[(error as FastifyError).code ?? ''];
    sendRestException(request, reply, {
      ...{ status, message: cure ?? message, code: codeOf(status) },
      ...(retryAfterSec !== undefined && { retryAfterSec }),
    });
  };
}

/** Sends a refusal. `failure.code` is told as it is. */
export function sendRestException(request: FastifyRequest, reply: FastifyReply, failure: Failure): void {
  const { status, message, code } = failure;
  setFailureHeaders(reply, failure);
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="intermix", charset="UTF-8"');
  void answer(request, reply.status(status), { RestException: { Status: status, Message: message, Code: code } });
}

export function codeOf(status: number): string {
  return codes[status] ?? (status < 500 ? 'BAD_REQUEST' : 'SERVICE_UNAVAILABLE');
}
