import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import * as contracts from '../index.js';

const schemas = Object.entries<unknown>(contracts).flatMap(([name, schema]): [string, TSchema, unknown][] => {
  const { examples } = schema as { examples?: unknown[] };
  if (!/^(Snake|Delivery)/.test(name) || !Array.isArray(examples)) return [];
  return examples.map((example) => [name, schema as TSchema, example]);
});

it('has examples of answers and of bodies', () => {
  expect(schemas.length).toBeGreaterThan(15);
});

it.each(schemas)('the example of %s is what it says', (_name, schema, example) => {
  const compiled = Compile(schema);
  expect(compiled.Errors(example)).toEqual([]);
  expect(compiled.Check(example)).toBe(true);
});
