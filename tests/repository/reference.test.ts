import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { expect, it } from 'vitest';

const root = repositoryRoot();

/** Texts of all sources of the product, tests left out. */
function productSources(): string[] {
  return ['packages', 'apps'].flatMap((group) => {
    const folder = join(root, group);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /^(?!testkit)[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(folder, path), 'utf8'));
  });
}

it('docs/reference/errors.md has every error code of the sources, and no other', () => {
  const used = new Set(productSources().flatMap((text) => text.match(/(?<=['"])ERR_[A-Z0-9_]+(?=['"])/g) ?? []));
  const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
  const listed = new Set([...page.matchAll(/^\| `(ERR_[A-Z0-9_]+)` \|/gm)].map((match) => match[1]));
  expect([...listed].sort()).toEqual([...used].sort());
});
