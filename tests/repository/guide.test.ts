import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';

const root = repositoryRoot();
const guide = readFileSync(join(root, 'docs', 'guide', 'voice-sdk.md'), 'utf8');
const api = join(root, 'packages', 'voice-sdk', 'api');

/** A test's stand-in for the browser, and what a moved call carries for the engine: a page uses neither. */
const notForPages = new Set(['Platform', 'PageEvent', 'CallSnapshot']);
/** Of every class and object. */
const everywhere = new Set(['constructor', 'name']);

interface Entry {
  name: string;
  words: string[];
}

/** The exported declarations of a surface report, with their members and the words that their types list. */
function entriesOf(report: string): Entry[] {
  const [exported = ''] = report.split('## Not exported');
  const blocks = [...exported.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.map((block) => {
    const name = /^(?:abstract )?(?:class|interface|type|const|function) (\w+)/.exec(block)?.[1] ?? '';
    const members = [...block.matchAll(/^ {4}(?:(?:abstract|readonly|get|set|static) )*(\w+)[?(:<]/gm)];
    const literals = /^type /.test(block) ? [...block.matchAll(/'([\w-]+)'/g)] : [];
    return { name, words: [...members, ...literals].map(([, word = '']) => word) };
  });
}

describe.each(readdirSync(api))('docs/guide/voice-sdk.md has the names of %s', (file) => {
  const entries = entriesOf(readFileSync(join(api, file), 'utf8')).filter(({ name }) => !notForPages.has(name));
  const code = [...guide.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text).join('\n');
  const has = (word: string): boolean => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(code);

  it('reads a report', () => {
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter(({ name }) => name === '')).toEqual([]);
  });

  it.each(entries.map(({ name, words }) => [name, words] as const))('%s', (name, words) => {
    // The names of types are for those who write TypeScript, and stand in the package's own declarations.
    const isType = !readFileSync(join(api, file), 'utf8').includes(`class ${name} `);
    const missing = [...new Set([...(isType ? [] : [name]), ...words])].filter(
      (word) => !everywhere.has(word) && !has(word),
    );
    expect(missing).toEqual([]);
  });
});

it('docs/guide/voice-sdk.md has no link to a section that is not there', () => {
  const headings = [...guide.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...guide.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});
