import { IntermixError, type Logger } from '@intermix/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';

/** HTTP status of errors that lower layers raise, by their stable code. The only place where an error becomes a status. */
const statusOfCode: Readonly<Record<string, number>> = {
  ERR_STORE_CONFLICT: 409,
  ERR_STORE_NOT_FOUND: 404,
  ERR_STORE_CURSOR: 400,
  ERR_SIMULATOR_BUSY: 429,
};

/** Errors of the simulated network by their problem. */
const statusOfSimulatorProblem: Readonly<Record<string, number>> = {
  'bad-number': 400,
  'bad-script': 400,
  'not-started': 503,
};

function statusOf(error: Error): number | undefined {
  if (!(error instanceof IntermixError)) return undefined;
  if (error.code === 'ERR_SIMULATOR') return statusOfSimulatorProblem[(error as { problem?: string }).problem ?? ''];
  return statusOfCode[error.code];
}

interface ErrorBody {
  error: { code: string; message: string; field?: string };
}

function bodyOf(code: string, message: string, field?: string): ErrorBody {
  return { error: field === undefined ? { code, message } : { code, message, field } };
}

/** Answers any error as `{error:{code,message,field?}}`. Unforeseen ones are logged whole and told as 500 without detail. */
export function errorReply(logger: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof ApiError) {
      if (error.retryAfterSec !== undefined) void reply.header('retry-after', String(Math.ceil(error.retryAfterSec)));
      if (error.status === 401) void reply.header('www-authenticate', 'Bearer realm="intermix"');
      void reply.status(error.status).send(bodyOf(error.code, error.message, error.field));
      return;
    }
    const known = statusOf(error);
    if (known !== undefined) {
      const { field } = error as { field?: string };
      void reply.status(known).send(bodyOf((error as IntermixError).code, error.message, field));
      return;
    }
    const frameworkStatus = (error as FastifyError).statusCode;
    if (frameworkStatus !== undefined && frameworkStatus >= 400 && frameworkStatus < 500) {
      void reply.status(frameworkStatus).send(bodyOf('ERR_REQUEST', error.message));
      return;
    }
    logger.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    void reply.status(500).send(bodyOf('ERR_INTERNAL', 'The server could not do this; its log says why.'));
  };
}
