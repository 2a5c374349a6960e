import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const root = repositoryRoot();
const folder = mkdtempSync(join(tmpdir(), 'intermix-lint-'));
copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lints files in a folder that looks like the repository, and gives the rules that each breaks. */
function brokenRules(files: Record<string, string>): Record<string, string[]> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const result = spawnSync(biome, ['lint', '--colors=off', '--vcs-enabled=false', '--max-diagnostics=100', '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const found = [...`${result.stdout}${result.stderr}`.matchAll(/^(\S+?):\d+:\d+ lint\/\w+\/(\w+)/gm)];
  return Object.fromEntries(
    Object.keys(files).map((path) => [path, found.filter(([, file]) => file === path).map(([, , rule]) => rule ?? '')]),
  );
}

it('the linter refuses imports that go up, sideways, deep or round, and lets the others be', () => {
  const rules = brokenRules({
    'packages/calls/src/down.ts': "export { Endpoint } from '@intermix/sip';\n",
    'packages/sip/src/up.ts': "export { Switch } from '@intermix/calls';\n",
    'packages/media/src/sideways.ts': "export { VoiceClient } from '@intermix/voice-sdk';\n",
    'packages/calls/src/deep-by-name.ts': "export * from '@intermix/sip/src/message/uri.js';\n",
    'packages/calls/src/deep-by-path.ts': "export * from '../../sip/src/message/uri.js';\n",
    'packages/kernel/src/round-a.ts': "import { b } from './round-b.js';\nexport const a = () => b;\n",
    'packages/kernel/src/round-b.ts': "import { a } from './round-a.js';\nexport const b = () => a;\n",
  });
  expect(rules).toEqual({
    'packages/calls/src/down.ts': [],
    'packages/sip/src/up.ts': ['noRestrictedImports'],
    'packages/media/src/sideways.ts': ['noRestrictedImports'],
    'packages/calls/src/deep-by-name.ts': ['noRestrictedImports'],
    'packages/calls/src/deep-by-path.ts': ['noRestrictedImports'],
    'packages/kernel/src/round-a.ts': ['noImportCycles'],
    'packages/kernel/src/round-b.ts': ['noImportCycles'],
  });
});

describe('special rooms', () => {
  it('keeps Node out of what runs in a browser, and the testkit out of the product', () => {
    const crypto = "import { createHash } from 'node:crypto';\nexport const hash = createHash('md5');\n";
    const clock = "export { FakeClock } from '@intermix/testkit';\n";
    const rules = brokenRules({
      'packages/sip/src/auth/pure.ts': crypto,
      'packages/voice-sdk/src/browser.ts': crypto,
      'packages/sip/src/node/sockets.ts': crypto,
      'packages/calls/src/product.ts': clock,
      'apps/server/src/app.ts': clock,
      'packages/calls/src/product.test.ts': clock,
    });
    expect(rules).toEqual({
      'packages/sip/src/auth/pure.ts': ['noNodejsModules'],
      'packages/voice-sdk/src/browser.ts': ['noNodejsModules'],
      'packages/sip/src/node/sockets.ts': [],
      'packages/calls/src/product.ts': ['noRestrictedImports'],
      'apps/server/src/app.ts': ['noRestrictedImports'],
      'packages/calls/src/product.test.ts': [],
    });
  });
});
