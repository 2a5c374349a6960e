import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { expect, it } from 'vitest';

const root = repositoryRoot();

function testsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
    .map((path) => readFileSync(join(root, folder, path), 'utf8'));
}

/** Numbers of the rules with which names of tests begin. */
function numbersHeld(): Set<number> {
  const texts = [...testsIn('packages/voice-sdk/src'), ...testsIn('tests')];
  const tags = texts.flatMap((text) => text.match(/(?<=['"`])(?:\[[A-Z]+[A-Z0-9-]*\] )+/g) ?? []);
  return new Set(tags.flatMap((tag) => [...tag.matchAll(/SDK-D(\d+)/g)].map((match) => Number(match[1]))));
}

it('each rule of the browser SDK is held by a test of its name, and each such name is a rule', () => {
  const spec = readFileSync(join(root, 'packages/voice-sdk/SPEC.md'), 'utf8');
  const rules = [...spec.matchAll(/^\| SDK-D(\d+) \|/gm)].map((match) => Number(match[1]));
  expect(rules.slice(0, 24)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  expect([...numbersHeld()].sort((a, b) => a - b)).toEqual(rules);
});
