// Kamailio in front of the same load: one UDP worker, the fast allocator (Debian's default is a debugging one).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, onCore, sleep, treeCpuMs } from './processes.mjs';

const template = fileURLToPath(new URL('../kamailio.cfg', import.meta.url));

export async function startKamailio({ port, calleePort = 9, probedPort = 9, core }) {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-bench-kamailio-'));
  const values = { PORT: port, CALLEE: calleePort, PROBED: probedPort };
  const config = join(folder, 'kamailio.cfg');
  writeFileSync(
    config,
    readFileSync(template, 'utf8').replaceAll(/@(PORT|CALLEE|PROBED)@/g, (_, name) => values[name]),
  );
  const [command, args] = onCore(core, 'kamailio', [
    ...['-f', config, '-DD', '-E', '-m', '1024', '-M', '64', '-x', 'fm', '-X', 'fm', '-Y', folder, '-w', folder],
    ...['-P', join(folder, 'pid')],
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-4_000);
  });
  const kill = () => child.kill('SIGTERM'); // Its main process takes the workers with it.
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  await sleep(1_500);
  if (child.exitCode !== null) throw new Error(`Kamailio ended with ${child.exitCode}\n${log}`);
  return {
    cpuMs: () => treeCpuMs(child.pid),
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
