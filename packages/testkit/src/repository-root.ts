import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace root: the nearest one above this file whose package.json is named `intermix`. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'intermix') return folder;
    const above = dirname(folder);
    if (above === folder) throw new Error('testkit does not lie in the intermix repository');
    folder = above;
  }
}
