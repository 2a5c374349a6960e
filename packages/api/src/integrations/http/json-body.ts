import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';

/**
 * Bodies of the integrations API: JSON and only that. An empty one counts as none, for clients put a Content-Type on a DELETE
 * too. Text that no database keeps (NUL, half a surrogate pair) is refused here, whatever field it is in.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text.trim() === '') return done(null, undefined);
    if (/\\u(?:0000|d[89a-f])/i.test(text))
      return parse(request, text, (error, value) => done(...checked(error, value)));
    return parse(request as FastifyRequest, text, done);
  });
}

function checked(error: Error | null, value: unknown): [Error | null, unknown?] {
  if (error) return [error];
  return isStorable(value)
    ? [null, value]
    : [ApiError.invalid('body', 'A text in the body holds NUL or half a character.')];
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && !/\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => isStorable(key) && isStorable(part));
}
