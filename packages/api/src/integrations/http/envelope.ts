import type { Random } from '@intermix/kernel';
import type { FastifyReply } from 'fastify';
import { newRequestId } from './request-id.js';

/** What every answer of the CamelCase generation looks like. */
export interface CamelEnvelope<Data> {
  RequestId: string;
  Status: 'Success' | 'Failed';
  Code: number;
  Error: string;
  Data: Data;
}

export function camelSuccess<Data>(data: Data, random: Random): CamelEnvelope<Data> & { Status: 'Success' } {
  return { RequestId: newRequestId(random), Status: 'Success', Code: 200, Error: '', Data: data };
}

/** A success that holds a secret: no cache may keep it. */
export function camelSecret<Data>(reply: FastifyReply, data: Data, random: Random) {
  void reply.header('cache-control', 'no-store');
  return camelSuccess(data, random);
}

export function camelFailure(requestId: string, status: number, message: string): CamelEnvelope<null> {
  return { RequestId: requestId, Status: 'Failed', Code: status, Error: message, Data: null };
}

/** What every refusal of the snake_case generation looks like. */
export function snakeFailure(status: number, message: string) {
  return { success: false, error: { code: status, message } };
}
