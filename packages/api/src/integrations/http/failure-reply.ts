import type { Logger, Random } from '@intermix/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type Failure, failureOf, setFailureHeaders, unforeseen } from '../../http/error-reply.js';
import { TelephonyRefusal } from '../services/call-service.js';
import { camelFailure, snakeFailure } from './envelope.js';
import { generationOf } from './generation.js';
import { newRequestId } from './request-id.js';

/** The framework's refusals in words that hold the cure, and nothing of the body. */
const curesOfFramework: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body is of another media type: send JSON with "Content-Type: application/json".',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON: check its quotes, commas and brackets.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large: send less at a time.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is shorter or longer than its Content-Length says.',
  FST_ERR_BAD_URL: 'The address is not validly percent-encoded.',
};

/** Answers any error in the envelope of the generation that was called. Unforeseen ones are logged with their RequestId. */
export function integrationFailureReply(deps: { logger: Logger; random: Random }) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const failure = failureOf(error);
    const requestId = newRequestId(deps.random);
    if (failure === undefined) {
      const { method, routeOptions } = request;
      deps.logger.error({ err: error, requestId, method, route: routeOptions?.url }, 'request failed');
    }
    const told: Failure = failure ?? unforeseen;
    const message = messageOf(error) ?? told.message;
    sendFailure(request, reply, { ...withoutMethods(told), message }, requestId);
  };
}

function messageOf(error: FastifyError | Error): string | undefined {
  if (error instanceof TelephonyRefusal) return telephonyText(error);
  return curesOfFramework[(error as FastifyError).code ?? ''];
}

/** The vendor passes on what the layer below said, as a JSON document in a text. */
function telephonyText({ vendorCode: code, message, description }: TelephonyRefusal): string {
  return JSON.stringify({ response: { error_data: { code, message, description } } });
}

/** A Failure may be an Error, whose message does not survive a spread. */
function withoutMethods({ status, code, retryAfterSec }: Failure): Omit<Failure, 'message'> {
  return { status, code, ...(retryAfterSec !== undefined && { retryAfterSec }) };
}

/** Sends a refusal in the envelope that the path asks for. */
export function sendFailure(request: FastifyRequest, reply: FastifyReply, failure: Failure, requestId: string): void {
  setFailureHeaders(reply, failure);
  const isCamel = generationOf(request.url) === 'camel';
  const body = isCamel
    ? camelFailure(requestId, failure.status, failure.message)
    : snakeFailure(failure.status, failure.message);
  // Written out here: a route's schema of its success would drop what a failure holds.
  void reply
    .status(failure.status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body);
}
