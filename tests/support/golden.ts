import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** One documented call with its answer. `{{name}}` in it is a value that is known, or the shape of one that is not. */
export interface Golden {
  name: string;
  /** What the vendor's page shows. */
  about: string;
  request: {
    method: string;
    path: string;
    /** Value of Authorization. */
    authorization?: string;
    body?: unknown;
  };
  response: { status: number; body: unknown };
  /** Values that later samples name: name → path in the answer, as `Data.AppID`. */
  keep?: Record<string, string>;
}

/** The samples of a folder in the order of their file names. */
export function readGolden(folder: string): Golden[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files
    .sort()
    .map((file) => ({ name: file.replace(/\.json$/, ''), ...JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
}

/** Values that a sample cannot know. */
const shapes: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  secret: /^[\x21-\x7e]{32,}$/,
  'sip-id': /^sip:[a-z][a-z0-9-]+$/,
  'sip-user': /^[a-z][a-z0-9-]+$/,
  password: /^[\x21-\x7e]{20,}$/,
  'sip-secret': /^([0-9a-f]{2}){17,}$/,
  'device-id': /^\d+$/,
  'call-sid': /^[0-9a-f]{32}$/,
  text: /./,
};

/** The sample with the known values put in. */
export function filled<T>(value: T, known: Readonly<Record<string, string>>): T {
  const text = JSON.stringify(value).replace(/\{\{([\w-]+)\}\}/g, (whole, name: string) => {
    const own = known[name];
    return own === undefined ? whole : JSON.stringify(own).slice(1, -1);
  });
  return JSON.parse(text) as T;
}

/** What `toEqual` takes: shapes where the sample has them, everything else as it is written. */
export function matcherOf(value: unknown): unknown {
  if (typeof value === 'string') {
    const name = /^\{\{([\w-]+)\}\}$/.exec(value)?.[1];
    if (name === undefined) return value;
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`the sample names {{${name}}}, which is neither known nor a shape`);
    return expect.stringMatching(shape);
  }
  if (Array.isArray(value)) return value.map(matcherOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, matcherOf(part)]));
}

export function valueAt(body: unknown, path: string): string {
  let at = body as any;
  for (const step of path.split('.')) at = at?.[step];
  return String(at);
}
