import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';

const root = repositoryRoot();
const apps = readdirSync(join(root, 'apps'));

/** Texts of the product's sources, tests left out; all of them, or those of some workspaces. */
/** `except`: paths in a workspace's sources that are left out. */
function productSources(
  workspaces: readonly string[] = readdirSync(join(root, 'packages')).concat(apps),
  except?: RegExp,
): string[] {
  return workspaces.flatMap((name) => {
    const folder = join(root, apps.includes(name) ? 'apps' : 'packages', name, 'src');
    if (name === 'testkit' || !existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(^|\/)testing\//.test(path))
      .filter((path) => !except?.test(path))
      .map((path) => readFileSync(join(folder, path), 'utf8'));
  });
}

it('docs/reference/errors.md has every error code of the sources, and no other', () => {
  const used = new Set(productSources().flatMap((text) => text.match(/(?<=['"])ERR_[A-Z0-9_]+(?=['"])/g) ?? []));
  const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
  const listed = new Set([...page.matchAll(/^\| `(ERR_[A-Z0-9_]+)` \|/gm)].map((match) => match[1]));
  expect([...listed].sort()).toEqual([...used].sort());
});

/** The words in backquotes in a column of the page's tables, row by row; column 0 names what the row is about. */
function tableRows(page: string): string[][][] {
  const text = readFileSync(join(root, 'docs', 'reference', page), 'utf8');
  return [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')),
  );
}

describe('docs/reference/events.md', () => {
  /** Every event that is written, with the keys of its data. */
  const written = new Map<string, string[]>();
  for (const text of productSources(['calls'])) {
    for (const [, type = '', rest = ''] of text.matchAll(/(?:\.tell(?:End)?|\.#event)\(([^,)]+)([^;]*);/g)) {
      const data = /\bdata: \{([^}]*)\}/.exec(rest)?.[1] ?? '';
      const keys = data.split(',').flatMap((pair) => /^\s*(\w+)/.exec(pair)?.[1] ?? []);
      for (const word of wordsOf(type, text)) written.set(word, keys);
    }
  }
  for (const text of productSources(['flows']))
    for (const [, type = ''] of text.matchAll(/control\.note\('([\w-]+)', /g)) written.set(type, ['result']);
  // What could not be fetched for a call is told by whoever had it placed, with the data in a variable or beside it.
  for (const text of productSources(['server']))
    for (const { index, 1: type = '' } of text.matchAll(/legId: undefined,\s+type: '([\w-]+)'/g)) {
      const data = /\bdata(?: =|:) \{([^}]*)\}/.exec(text.slice(Math.max(0, index - 120), index + 200))?.[1] ?? '';
      written.set(
        type,
        data.split(',').flatMap((pair) => /^\s*(\w+)/.exec(pair)?.[1] ?? []),
      );
    }
  for (const text of productSources(['store']))
    for (const [, type = ''] of text.matchAll(/INSERT INTO call_events[^;]*?SELECT call_sid, '([\w-]+)'/g))
      written.set(type, []);

  /** `'leg-ended'`, or `leg-${change}` where the type of `change` lists the words. A plain parameter is passed on. */
  function wordsOf(expression: string, text: string): string[] {
    const literal = /^'([\w-]+)'$/.exec(expression)?.[1];
    if (literal !== undefined) return [literal];
    const [, prefix = '', variable] = /^`([\w-]*)\$\{(\w+)\}`$/.exec(expression) ?? [];
    const union = new RegExp(`\\b${variable}: ('[\\w-]+'(?: \\| '[\\w-]+')*)`).exec(text)?.[1];
    if (union !== undefined) return [...union.matchAll(/'([\w-]+)'/g)].map((match) => prefix + match[1]);
    if (/^type(: string)?$/.test(expression)) return [];
    throw new Error(`cannot tell which event ${expression} is: write it out`);
  }

  const listed = tableRows('events.md').filter((cells) => cells.length === 4);

  it('has every event that is written to a call, and no other', () => {
    expect(written.size).toBeGreaterThan(5);
    expect(listed.flatMap(([types = []]) => types).sort()).toEqual([...written.keys()].sort());
  });

  it.each([...written])('%s: tells what its data holds', (type, keys) => {
    const described = listed.find(([types = []]) => types.includes(type))?.at(-1) ?? [];
    expect(described).toEqual(expect.arrayContaining(keys));
    if (keys.length === 0) expect(described).toEqual([]);
  });

  it('has every reason of a refused or failed call', () => {
    const wordsIn = (text: string): string[] => text.match(/[a-z][a-z-]+/g) ?? [];
    const reasons = productSources(['calls', 'store']).flatMap((text) => [
      ...[...text.matchAll(/\b(?:why|reason): ((?:'[a-z-]+'[ |]*)+)/g)].flatMap(([, words = '']) => wordsIn(words)),
      ...[...text.matchAll(/type Unanswered =([^;]*);/g)].flatMap(
        ([, union = '']) => union.match(/[a-z][a-z-]+/g) ?? [],
      ),
    ]);
    const page = tableRows('events.md').filter((cells) => cells.length === 2);
    const words = page.flatMap(([cell = []]) => cell);
    // The limits of a carrier speak of `channels` and `rate`; the router puts `carrier-` before.
    expect(reasons.filter((word) => !words.includes(word) && !words.includes(`carrier-${word}`))).toEqual([]);
    expect(reasons.length).toBeGreaterThan(10);
  });
});

describe('docs/reference/sip-headers.md', () => {
  const page = readFileSync(join(root, 'docs', 'reference', 'sip-headers.md'), 'utf8');
  const onPage = new Set([...page.matchAll(/`([A-Za-z][\w-]*)`/g)].map((match) => (match[1] ?? '').toLowerCase()));
  // What the server reads of HTTP is no SIP.
  const sources = productSources(['sip', 'calls', 'voice-sdk', 'simulator', 'server', 'softphone'], /^http\//);
  const patterns = [
    /headers\.(?:add|addParsed|set|get|list|has|all)\(\s*'([\w-]+)'/g,
    /(?:addDefault|headerIn|optionTags)\([\w.]+, '([\w-]+)'/g,
    /['"]([Xx]-[A-Za-z][\w-]*)['"]/g,
  ];
  /** A pair of name and value, in a file that speaks of headers: elsewhere it may be a list of anything. */
  const pair = /\[\s*'([A-Z][A-Za-z]*[a-z][A-Za-z]*(?:-[A-Za-z]+)*)',\s/g;
  const used = new Set(
    sources.flatMap((text) =>
      (/headers?\b/i.test(text) ? [pair, ...patterns] : patterns).flatMap((pattern) =>
        [...text.matchAll(pattern)].map((match) => match[1] ?? ''),
      ),
    ),
  );

  it('has every header that the sources write or read', () => {
    expect([...used]).toEqual(expect.arrayContaining(['X-Exotel-CallSid', 'LegSid', 'Reason', 'Path', 'path']));
    expect([...used].filter((name) => !onPage.has(name.toLowerCase()))).toEqual([]);
  });

  it('has no header that the sources do not know', () => {
    const known = new Set([...used].map((name) => name.toLowerCase()));
    const all = sources.join('\n');
    const stale = tableRows('sip-headers.md')
      .flatMap(([names = []]) => names)
      .filter((name) => !known.has(name.toLowerCase()) && !all.includes(`'${name}'`));
    expect(stale).toEqual([]);
  });
});
