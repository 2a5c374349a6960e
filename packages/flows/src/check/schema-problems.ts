import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FlowProblem } from './flow-problem.js';

interface SchemaError {
  keyword: string;
  instancePath: string;
  message: string;
  params: Record<string, unknown>;
}

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** What a schema says against a value, one problem a place. `at` is the value's own place: `applets.menu`. */
export function schemaProblems(schema: TSchema, value: unknown, at: string): FlowProblem[] {
  const checker = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, checker);
  if (checker.Check(value)) return [];
  const errors = telling(checker.Errors(value) as unknown as SchemaError[]);
  const problems = errors.flatMap((error) => problemsOf(error, schema, at));
  return [...new Map(problems.map((problem) => [problem.path, problem])).values()];
}

/** Errors that name a place; those of `anyOf` only where nothing below says more. */
function telling(errors: readonly SchemaError[]): readonly SchemaError[] {
  const plain = errors.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'boolean');
  return plain.length > 0 ? plain : errors;
}

function problemsOf(error: SchemaError, schema: TSchema, at: string): FlowProblem[] {
  const place = [at, ...error.instancePath.split('/').slice(1).map(unescapePointer)]
    .filter((step) => step !== '')
    .join('.');
  const { requiredProperties, additionalProperties } = error.params as Record<string, string[] | undefined>;
  const inside = (names: readonly string[], message: string) =>
    names.map((name): FlowProblem => ({ path: place === '' ? name : `${place}.${name}`, code: 'bad-field', message }));
  if (error.keyword === 'required') return inside(requiredProperties ?? [], 'It is missing.');
  if (error.keyword === 'additionalProperties') return inside(additionalProperties ?? [], 'It is not a field here.');
  return [{ path: place, code: 'bad-field', message: sentenceOf(error, schema) }];
}

function sentenceOf(error: SchemaError, schema: TSchema): string {
  const meaning = error.keyword === 'pattern' ? descriptionOf(schema, error.instancePath) : undefined;
  if (meaning !== undefined) return `It must be: ${meaning}.`;
  const allowed = (error.params as { allowedValues?: unknown[] }).allowedValues;
  if (error.keyword === 'enum' && allowed) return `It must be one of ${allowed.join(', ')}.`;
  return `It ${error.message}.`;
}

function descriptionOf(schema: unknown, path: string): string | undefined {
  let at = schema as { properties?: Record<string, unknown>; items?: unknown; description?: unknown } | undefined;
  for (const step of path.split('/').slice(1)) at = (at?.properties?.[step] ?? at?.items) as typeof at;
  return typeof at?.description === 'string' ? at.description : undefined;
}

/** RFC 6901 §3 */
function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
