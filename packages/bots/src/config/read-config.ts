import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import { BotConfigError } from '../session/bot-config-error.js';

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** A configuration that its schema lets pass, with the schema's defaults. Throws BotConfigError with the first fault's place. */
export function readConfig<S extends TSchema>(schema: S, config: unknown): Static<S> {
  const value = Value.Default(schema, Value.Clone(config ?? {}));
  const checker = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, checker);
  if (checker.Check(value)) return value as Static<S>;
  const [first] = checker.Errors(value) as SchemaFault[];
  const path = first === undefined ? '' : pathOf(first);
  throw new BotConfigError(path, `${path === '' ? 'The configuration' : path} ${messageOf(first)}.`);
}

interface SchemaFault {
  keyword: string;
  instancePath: string;
  message: string;
  params: { requiredProperties?: string[]; additionalProperties?: string[]; allowedValues?: unknown[] };
}

/** The place of what is wrong; of what is missing or too much, its own. */
function pathOf({ instancePath, params }: SchemaFault): string {
  const own = params.requiredProperties?.[0] ?? params.additionalProperties?.[0];
  const steps = [...instancePath.split('/').slice(1), ...(own === undefined ? [] : [own])];
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}

function messageOf(fault: SchemaFault | undefined): string {
  if (fault?.keyword === 'required') return 'is missing';
  if (fault?.keyword === 'additionalProperties' || fault?.keyword === 'boolean') return 'is not a field here';
  if (fault?.params.allowedValues) return `must be one of ${fault.params.allowedValues.join(', ')}`;
  return fault?.message ?? 'is not as it should be';
}
