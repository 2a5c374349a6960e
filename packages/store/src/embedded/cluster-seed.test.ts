import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyCluster, seedFolder } from './cluster-seed.js';
import { embeddedMajor, versionOf } from './data-folder.js';

describe('the seed of the embedded database', () => {
  const root = mkdtempSync(join(tmpdir(), 'intermix-seed-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('was made by the build, for this PGlite and these migrations', () => {
    expect(basename(seedFolder())).toMatch(/^pglite-\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    expect(versionOf(seedFolder())).toBe(embeddedMajor);
  });

  it('is copied whole, empty folders too, for its user only', async () => {
    const [from, to] = [join(root, 'from'), join(root, 'to')];
    mkdirSync(join(from, 'base', 'empty'), { recursive: true });
    writeFileSync(join(from, 'PG_VERSION'), '18\n');
    for (let n = 0; n < 100; n += 1) writeFileSync(join(from, 'base', String(n)), `page ${n}`);
    for (const path of ['.', 'base', 'base/empty']) chmodSync(join(from, path), 0o777);
    for (const path of ['PG_VERSION', 'base/7']) chmodSync(join(from, path), 0o666);
    await copyCluster(from, to);
    const modeOf = (path: string) => statSync(join(to, path)).mode & 0o777;
    expect(['.', 'base', 'base/empty'].map(modeOf)).toEqual([0o700, 0o700, 0o700]);
    expect(['PG_VERSION', 'base/7', 'base/99'].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
    for (let n = 0; n < 100; n += 1) expect(readFileSync(join(to, 'base', String(n)), 'utf8')).toBe(`page ${n}`);
  });
});
