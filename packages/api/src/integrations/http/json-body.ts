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
  const path = unstorable(value);
  if (path === undefined) return [null, value];
  const field = path.join('.') || 'body';
  return [ApiError.invalid(field, `"${field}" holds NUL or half of a character: take it out.`)];
}

/** Where a text lies that cannot be kept; undefined when there is none. */
function unstorable(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value.includes('\0') || /\p{Surrogate}/u.test(value) ? [] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    if (unstorable(key)) return [];
    const path = unstorable(part);
    if (path) return [key, ...path];
  }
  return undefined;
}
