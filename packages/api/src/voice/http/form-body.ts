import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { Parameters } from './parameters.js';

const maxFields = 100;
const maxFieldBytes = 8_192;

/** Takes forms of both kinds, as the vendor does, and JSON besides. `parametersOf` reads them. */
export async function readFormBodies(scope: FastifyInstance): Promise<void> {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(body as string)),
  );
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body as string;
    if (text.trim() === '') return done(null, {});
    try {
      done(null, JSON.parse(text));
    } catch {
      done(ApiError.invalid('body', 'The body is not valid JSON: check its quotes, commas and brackets.'));
    }
  });
  const limits = { fields: maxFields, parts: maxFields, fieldSize: maxFieldBytes, fieldNameSize: 128, files: 0 };
  await scope.register(multipart, { limits });
}

/** The parameters in a request's body. Throws 400. */
export async function parametersOf(request: FastifyRequest): Promise<Parameters> {
  if (request.isMultipart()) return new Parameters(await multipartPairs(request));
  const { body } = request;
  if (body instanceof URLSearchParams) return new Parameters(limited([...body]));
  return new Parameters(limited(jsonPairs(body ?? {})));
}

/** The parameters in an address. Throws 400. */
export function queryParametersOf(request: Pick<FastifyRequest, 'url'>): Parameters {
  const [, query = ''] = /\?([^#]*)/.exec(request.url) ?? [];
  return new Parameters(limited([...new URLSearchParams(query)]));
}

async function multipartPairs(request: FastifyRequest): Promise<Array<[string, string]>> {
  const pairs: Array<[string, string]> = [];
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') throw ApiError.invalid(part.fieldname, `"${part.fieldname}" is a file: send a text.`);
      if (part.valueTruncated) throw tooLong(part.fieldname);
      pairs.push([part.fieldname, String(part.value)]);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw ApiError.invalid('body', 'The body is not a whole form of at most 100 text fields of 8,192 octets.');
  }
  return pairs;
}

function jsonPairs(body: unknown): Array<[string, string]> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw ApiError.invalid('body', 'The body must be a JSON object of parameters.');
  return Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one): Array<[string, string]> => {
      if (one === null) return [];
      if (typeof one === 'object')
        throw ApiError.invalid(name, `"${name}" must be a text, a number or a list of texts.`);
      return [[Array.isArray(value) ? `${name}[]` : name, String(one)]];
    }),
  );
}

function limited(pairs: Array<[string, string]>): Array<[string, string]> {
  if (pairs.length > maxFields) throw ApiError.invalid('body', `The body has more than ${maxFields} fields.`);
  for (const [name, value] of pairs) if (value.length > maxFieldBytes) throw tooLong(name);
  return pairs;
}

function tooLong(name: string): ApiError {
  return ApiError.invalid(name, `"${name}" is longer than ${maxFieldBytes} octets.`);
}
