import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RunningServer,
  SipPhone,
  startServer,
  startTestPostgres,
  type TestPostgres,
  whyNoPostgres,
} from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { errorLines } from '../support/metrics.js';
import { runToEnd } from '../support/run-to-end.js';

const missing = whyNoPostgres();
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);
if (missing !== undefined) process.stderr.write(`SKIPPED, moving a server to PostgreSQL: ${missing}\n`);

const patience = 10_000;

describe.skipIf(missing !== undefined)('moving a server from the embedded database to PostgreSQL', () => {
  const root = mkdtempSync(join(tmpdir(), 'intermix-move-'));
  const dataDir = join(root, 'data');
  const file = join(root, 'export.ndjson');
  const embedded = { INTERMIX_DATA_DIR: dataDir };
  let database: TestPostgres;
  let server: RunningServer;
  let phone: SipPhone | undefined;

  beforeAll(async () => {
    database = await startTestPostgres();
    server = await startServer({ env: embedded });
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await database?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** A simulated caller rings the first demo user, who registered with the first start's password and answers. */
  async function call(): Promise<void> {
    const [person] = server.bootstrap.users;
    if (person === undefined) throw new Error('no demo user');
    const { sip_username: user, sip_password: password, sip_domain: domain } = person;
    await phone?.stop();
    phone = await SipPhone.start({
      ...{ server: server.sip, protocol: 'UDP', user, domain, credentials: { username: user, password } },
    });
    expect((await phone.register()).status).toBe(200);
    const admin = new AdminApi(server);
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    const ringing = await phone.waitForCall(patience);
    ringing.answer();
    await ringing.expectTone(800, patience);
    ringing.hangup();
    await admin.expectLastCall('completed', ({ status }) => status === 'completed');
  }

  it('tells how the commands are called, and refuses others', async () => {
    expect(await runToEnd({}, ['help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/export \[file\]/),
    });
    for (const args of [['exprot'], ['export', 'a', 'b'], ['import'], ['import', 'a', 'b']]) {
      const { exitCode, stderr } = await runToEnd(embedded, args);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/intermix (im|ex)port [[<]file/)]);
    }
    const { exitCode, stderr } = await runToEnd(embedded, ['import', join(root, 'none')]);
    expect([exitCode, stderr]).toEqual([2, `The file ${join(root, 'none')} does not exist.\n`]);
  });

  it('carries the accounts, the secrets and the calls over', async () => {
    await call();
    const record = await new AdminApi(server).lastCall();

    const running = await runToEnd(embedded, ['export', file]);
    expect([running.exitCode, running.stderr]).toEqual([
      1,
      `The data folder ${dataDir} is in use by process ${server.pid}. Stop it, or choose another folder with INTERMIX_DATA_DIR.\n`,
    ]);
    const bootstrap = structuredClone(server.bootstrap);
    await server.stop();

    const exported = await runToEnd(embedded, ['export', file]);
    expect([exported.exitCode, exported.stderr]).toEqual([
      0,
      expect.stringMatching(/^Exported [\d,]+ rows to .*secret\.key/),
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(bootstrap.users[0]?.sip_password);
    expect((await runToEnd(embedded, ['export', file])).stderr).toContain('exists already; give another name');
    const piped = await runToEnd(embedded, ['export']);
    expect(piped.stdout.split('\n').slice(1)).toEqual(text.split('\n').slice(1)); // The header has the time.

    const onPostgres = { ...embedded, INTERMIX_DATABASE_URL: database.url };
    const torn = join(root, 'torn.ndjson');
    writeFileSync(torn, text.slice(0, text.length / 2));
    expect(await runToEnd(onPostgres, ['import', torn])).toMatchObject({ exitCode: 1, stdout: '' });
    const imported = await runToEnd(onPostgres, ['import', file]);
    expect([imported.exitCode, imported.stderr]).toEqual([0, expect.stringMatching(/^Imported [\d,]+ rows\.\n$/)]);
    const again = await runToEnd(onPostgres, ['import', file]);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('The database is not empty')]);

    server = await startServer({ env: onPostgres });
    expect(server.bootstrap).toMatchObject({ account: bootstrap.account, users: bootstrap.users });
    expect(await new AdminApi(server).lastCall()).toEqual(record);
    await call();
    expect((await new AdminApi(server).request('GET', '/api/v1/calls')).body.items).toHaveLength(2);
    expect(errorLines(server)).toEqual([]);
  }, 240_000); // Two servers, seven commands, each a process that opens a database.
});
