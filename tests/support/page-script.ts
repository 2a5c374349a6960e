import { readFile } from 'node:fs/promises';
import { repositoryRoot } from '@intermix/testkit';
import { build, type Plugin } from 'esbuild';

/** Sounds go into the script. The bundler's own way names them `audio/wave`, which Chromium does not play. */
const sounds: Plugin = {
  name: 'sounds',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.wav$/ }, async ({ path }) => ({
      contents: `data:audio/wav;base64,${await readFile(path, 'base64')}`,
      loader: 'text',
    })),
};

/**
 * One classic script of an ES module and all it imports, as a site's bundler makes it. `alias` puts a package in the place of
 * another, as a bundler's setting of that name does.
 */
export async function bundlePageScript(source: string, alias: Record<string, string> = {}): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: repositoryRoot(), loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    define: { global: 'globalThis' },
    plugins: [sounds],
    alias,
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}
