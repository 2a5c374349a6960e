import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from './start-server.js';

const folder = mkdtempSync(join(tmpdir(), 'intermix-stub-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

/** A program that keeps the run contract and nothing else: not ready at once, counts its starts in its data folder. */
const contractKeeper = program(
  'contract-keeper.mjs',
  `import { createServer } from 'node:http';
   import { existsSync, readFileSync, writeFileSync } from 'node:fs';
   const { INTERMIX_DATA_DIR: data, INTERMIX_HTTP_PORT: port, INTERMIX_LOG_LEVEL: level } = process.env;
   const starts = (existsSync(data + '/starts') ? Number(readFileSync(data + '/starts')) : 0) + 1;
   writeFileSync(data + '/starts', String(starts));
   writeFileSync(data + '/bootstrap.json', JSON.stringify({ exophones: ['+918040001234'] }));
   let looks = 0;
   createServer((request, response) => {
     response.statusCode = request.url === '/readyz' && ++looks > 2 ? 200 : 503;
     response.end();
   }).listen(Number(port), '127.0.0.1', () => console.log('start', starts, level));
   process.on('SIGTERM', () => { console.log('stopping'); process.exit(0); });`,
);

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function start(env: Record<string, string> = {}): Promise<RunningServer> {
  const server = await startServer({ main: contractKeeper, env });
  started.push(server);
  return server;
}

describe('startServer', () => {
  it('waits until the server is ready, and leaves nothing behind when stopped', async () => {
    const server = await start();
    expect((await fetch(`${server.baseUrl}/readyz`)).status).toBe(200);
    expect(server.bootstrap.exophones).toEqual(['+918040001234']);
    expect(server.env.INTERMIX_SIP_PORT).toBe(String(server.sip.port));
    await server.stop();
    expect(server.logs()).toContain('stopping');
    expect(existsSync(server.dataDir)).toBe(false);
    await expect(fetch(`${server.baseUrl}/readyz`)).rejects.toThrow();
  });

  it('starts several side by side, each on ports of its own', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map((server) => server.baseUrl)).size).toBe(3);
    expect(new Set(servers.flatMap((server) => [server.sparePort(), server.sparePort()])).size).toBe(6);
  });

  it('comes back after a kill and after a restart, with the same data, ports and logs, and changed variables', async () => {
    const server = await start();
    const { baseUrl, pid } = server;
    await server.kill();
    expect(server.running).toBe(false);
    await server.restart();
    await server.restart({ INTERMIX_LOG_LEVEL: 'debug' });
    expect(server.pid).not.toBe(pid);
    expect(server.baseUrl).toBe(baseUrl);
    expect(readFileSync(join(server.dataDir, 'starts'), 'utf8')).toBe('3');
    expect(server.logs()).toMatch(/start 1 undefined[\s\S]*start 2 undefined[\s\S]*stopping[\s\S]*start 3 debug/);
  });

  it('keeps a data folder that the test gave it', async () => {
    const server = await start({ INTERMIX_DATA_DIR: folder });
    await server.stop();
    expect(existsSync(join(folder, 'bootstrap.json'))).toBe(true);
  });

  it('fails at once with its log when the server ends before it is ready', async () => {
    const main = program('fails.mjs', "console.error('port 5060 is taken'); process.exit(3);");
    await expect(startServer({ main })).rejects.toThrow(/exit code 3 before it was ready[\s\S]*port 5060 is taken/);
  });

  it('gives up on a server that never gets ready, and ends it', async () => {
    const main = program('hangs.mjs', "console.log('pid', process.pid); setInterval(() => {}, 1000);");
    const error = await startServer({ main, readyTimeoutMs: 1_500 }).catch((reason: Error) => reason);
    expect(String(error)).toContain('not ready within 1500 ms');
    const pid = Number(/pid (\d+)/.exec(String(error))?.[1]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('says what to do when there is no build', async () => {
    await expect(startServer({ main: join(folder, 'none.js') })).rejects.toThrow("run 'npm run build' first");
  });
});
