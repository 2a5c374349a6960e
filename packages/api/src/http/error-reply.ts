import { IntermixError, type Logger } from '@intermix/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';

/** HTTP status of errors that lower layers raise, by their stable code. The only place where an error becomes a status. */
const statusOfCode: Readonly<Record<string, number>> = {
  ERR_STORE_CONFLICT: 409,
  ERR_STORE_NOT_FOUND: 404,
  ERR_STORE_CURSOR: 400,
  ERR_FLOW: 400,
  ERR_BOT_CONFIG: 400,
  ERR_SIMULATOR_BUSY: 429,
  ERR_VALIDATION: 400,
  ERR_EXOTEL_INTEGRATION: 409,
  ERR_UNAVAILABLE: 503,
};

/** Errors of test calls by their problem; 502 for the rest, a time-out too: the provider is at fault. */
const statusOfTestCallProblem: Readonly<Record<string, number>> = { 'not-test-ready': 400 };

/** Errors of prompts by their problem; 400 for the rest: what was given is at fault. */
const statusOfSpeechProblem: Readonly<Record<string, number>> = {
  'too-large': 413,
  'unknown-prompt': 404,
  'too-many-prompts': 409,
  'engine-failed': 502,
  'no-engine': 503,
  busy: 503,
};

/** Errors of the simulated network by their problem. */
const statusOfSimulatorProblem: Readonly<Record<string, number>> = {
  'bad-number': 400,
  'bad-script': 400,
  'not-started': 503,
};

/** Errors of recordings by their problem. */
const statusOfRecordingProblem: Readonly<Record<string, number>> = {
  'unknown-call': 404,
  'unknown-recording': 404,
  'already-recording': 409,
  'not-running': 409,
  'still-running': 409,
  'start-failed': 409,
  storage: 503,
};

function statusOf(error: Error): number | undefined {
  if (!(error instanceof IntermixError)) return undefined;
  if (error.code === 'ERR_SIMULATOR') return statusOfSimulatorProblem[(error as { problem?: string }).problem ?? ''];
  if (error.code === 'ERR_SPEECH') return statusOfSpeechProblem[(error as { problem?: string }).problem ?? ''] ?? 400;
  if (error.code === 'ERR_RECORDING') return statusOfRecordingProblem[(error as { problem?: string }).problem ?? ''];
  if (error.code === 'ERR_EXOTEL_CALL')
    return statusOfTestCallProblem[(error as { problem?: string }).problem ?? ''] ?? 502;
  return statusOfCode[error.code];
}

interface ErrorBody {
  error: { code: string; message: string; field?: string };
}

function bodyOf(code: string, message: string, field?: string): ErrorBody {
  return { error: field === undefined ? { code, message } : { code, message, field } };
}

/** An error in the terms of HTTP. */
export interface Failure {
  status: number;
  code: string;
  message: string;
  field?: string;
  /** Seconds, for Retry-After. */
  retryAfterSec?: number;
}

/** What to answer; undefined when the error is unforeseen: it is logged whole and told as 500 without detail. */
export function failureOf(error: FastifyError | Error): Failure | undefined {
  if (error instanceof ApiError) return error;
  const known = statusOf(error);
  const { field, statusCode, message } = error as FastifyError & { field?: string };
  if (known !== undefined) {
    const { code } = error as IntermixError;
    return field === undefined ? { status: known, code, message } : { status: known, code, message, field };
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: 'ERR_REQUEST', message };
  return undefined;
}

export const unforeseen: Failure = {
  status: 500,
  code: 'ERR_INTERNAL',
  message: 'The server could not do this; its log says why.',
};

/** Headers that go with a refusal, whatever its body looks like. */
export function setFailureHeaders(reply: FastifyReply, failure: Failure): void {
  if (failure.retryAfterSec !== undefined) void reply.header('retry-after', String(Math.ceil(failure.retryAfterSec)));
  if (failure.status === 401) void reply.header('www-authenticate', 'Bearer realm="intermix"');
}

/** Answers any error as `{error:{code,message,field?}}`. Unforeseen ones are logged whole and told as 500 without detail. */
export function errorReply(logger: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const failure = failureOf(error) ?? unforeseen;
    if (failure === unforeseen)
      logger.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    setFailureHeaders(reply, failure);
    void reply.status(failure.status).send(bodyOf(failure.code, failure.message, failure.field));
  };
}
