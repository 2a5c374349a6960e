import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { quickStart, repositoryRoot } from '@intermix/testkit';

const main = join(repositoryRoot(), 'apps', 'server', 'dist', 'main.js');

/** Runs the built server, or a command of it, with these variables only, until it ends by itself. */
export function runToEnd(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<{ exitCode: number | null; stderr: string; stdout: string }> {
  const child = spawn(process.execPath, [...quickStart, main, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, stderr, stdout })));
}
