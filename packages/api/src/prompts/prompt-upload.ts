import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';

/** Turns a form with a file into the body that JSON would have: a preValidation hook. Leaves every other body alone. */
export async function takeUpload(request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) return;
  const body: Record<string, unknown> = {};
  for await (const part of request.parts()) {
    if (Object.hasOwn(body, part.fieldname)) throw ApiError.invalid(part.fieldname, `"${part.fieldname}" came twice.`);
    body[part.fieldname] = part.type === 'file' ? await part.toBuffer() : part.value;
    if (part.type === 'field' && part.valueTruncated)
      throw ApiError.invalid(part.fieldname, `"${part.fieldname}" is too long.`);
  }
  request.body = body;
}
