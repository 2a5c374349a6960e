import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of a program. Throws a sentence that says how to get it: a test that needs it must fail, not skip. */
export function findExecutable(name: string, cure: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`'${name}' is not on the PATH and this test needs it; ${cure}`);
}
