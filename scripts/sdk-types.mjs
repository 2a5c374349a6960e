// The SDK's types: emitted by the compiler for each entry, and rolled into one file each. Also its surface for review.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { declarationFile, rollUp, surfaceReport } from './type-rollup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sdk = join(root, 'packages', 'voice-sdk');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const run = promisify(execFile);

/** Entry of the package → its source, for the surface and for the types of the ES modules. */
export function sdkEntries() {
  const crm = ['crm/index', 'crm'].find((path) => existsSync(join(sdk, 'src', `${path}.ts`)));
  return { 'voice-sdk': 'index', ...(crm ? { crm } : {}) };
}

/**
 * Compiles and rolls up. `surfaces`: entry → markdown; `declarations`: file name → text.
 * Undefined where there is no compiler: a production install leaves it out.
 * @returns {Promise<{ surfaces: Map<string, string>, declarations: Map<string, string> } | undefined>}
 */
export async function sdkTypes() {
  if (!existsSync(compiler)) return undefined;
  const { parseSync } = await import('vite');
  const parse = (text) => parseSync('types.d.ts', text).program;
  const folder = mkdtempSync(join(tmpdir(), 'intermix-sdk-types-'));
  try {
    await run(process.execPath, [compiler, '-p', join(sdk, 'tsconfig.types.json'), '--outDir', folder]);
    nameByPath(folder);
    const source = (entry) => join(folder, 'voice-sdk', 'src', `${entry}.d.ts`);
    const surfaces = new Map();
    const declarations = new Map();
    for (const [name, entry] of Object.entries(sdkEntries())) {
      const rolled = rollUp(source(entry), parse);
      surfaces.set(name, surfaceReport(`@intermix/voice-sdk${name === 'voice-sdk' ? '' : `/${name}`}`, rolled));
      declarations.set(`${name}.d.mts`, declarationFile(rolled));
    }
    const classic = declarationFile(rollUp(source('exotelsdk'), parse), 'export as namespace exotelSDK;\n');
    declarations.set('exotelsdk.d.cts', classic);
    return { surfaces, declarations };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Imports of our other packages become paths within the folder. */
function nameByPath(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.d.ts')) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const near = readFileSync(file, 'utf8').replace(/(['"])@intermix\/([\w-]+)\1/g, (_, quote, name) => {
      const path = relative(dirname(file), join(folder, name, 'src', 'index.js'));
      return `${quote}${path.split(sep).join('/')}${quote}`;
    });
    writeFileSync(file, near);
  }
}

/** Writes the declarations to the package's `dist/types`. */
export async function buildSdkTypes() {
  const types = await sdkTypes();
  if (!types) return;
  const out = join(sdk, 'dist', 'types');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const [name, text] of types.declarations) writeFileSync(join(out, name), text);
}
