import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { ApiError } from './api-error.js';

interface SchemaProblem {
  keyword: string;
  instancePath: string;
  message: string;
  params: Record<string, unknown>;
}

/** The deepest problem says most: `/target/user_id` before "must match a schema in anyOf". */
function worst(problems: readonly SchemaProblem[]): SchemaProblem | undefined {
  const depth = (problem: SchemaProblem) => problem.instancePath.split('/').length;
  const telling = problems.filter(({ keyword }) => keyword !== 'boolean' && keyword !== 'anyOf');
  return [...(telling.length > 0 ? telling : problems)].sort((a, b) => depth(b) - depth(a))[0];
}

function fieldOf(problem: SchemaProblem): string {
  const path = problem.instancePath.split('/').slice(1);
  const { requiredProperties, additionalProperties } = problem.params as Record<string, string[] | undefined>;
  const named = requiredProperties?.[0] ?? additionalProperties?.[0];
  if (named !== undefined) path.push(named);
  return path.join('.');
}

/** What the schema says of the field, where a pattern alone would tell a person nothing. */
function descriptionOf(schema: unknown, problem: SchemaProblem): string | undefined {
  let at = schema as { items?: unknown; properties?: Record<string, unknown>; description?: unknown } | undefined;
  for (const step of problem.instancePath.split('/').slice(1)) at = (at?.items ?? at?.properties?.[step]) as typeof at;
  return typeof at?.description === 'string' ? at.description : undefined;
}

function refusal(part: string, problems: readonly SchemaProblem[], schema: unknown): ApiError {
  const problem = worst(problems);
  if (problem === undefined) return ApiError.invalid(part, `The ${part} is not valid.`);
  const field = fieldOf(problem) || part;
  if (problem.keyword === 'required') return ApiError.invalid(field, `"${field}" is missing.`);
  if (problem.keyword === 'additionalProperties') return ApiError.invalid(field, `"${field}" is not a field here.`);
  const meaning = problem.keyword === 'pattern' ? descriptionOf(schema, problem) : undefined;
  return ApiError.invalid(field, `"${field}" ${meaning === undefined ? problem.message : `must be: ${meaning}`}.`);
}

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** Made when it is first needed: most of a server's routes are not asked in its first minutes. */
function checkOf(schema: TSchema): ReturnType<typeof Compile> {
  let check = compiled.get(schema);
  if (!check) {
    check = Compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

/** Validates bodies as they are, and converts text to numbers and booleans in queries and paths. Names the field. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  return (value: unknown) => {
    const check = checkOf(schema);
    const input = httpPart === 'body' ? value : Value.Convert(schema, value);
    if (check.Check(input)) return { value: input };
    return { error: refusal(httpPart ?? 'request', check.Errors(input) as unknown as SchemaProblem[], schema) };
  };
};
