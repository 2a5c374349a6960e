import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import { eventually, FakeClock } from '@intermix/testkit';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../open-store.js';
import type { StoreError } from '../store-error.js';
import { makeTenant, newCall } from '../testing/tenant.js';
import { EmbeddedEngine } from './embedded-engine.js';

const built = join(dirname(createRequire(import.meta.url).resolve('@intermix/store/pglite-worker')), '..');
const writerProgram = join(built, 'testing', 'acknowledging-writer.js');

describe('the embedded database', { timeout: 120_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'intermix-embedded-'));
  const template = join(root, 'template');
  let folders = 0;
  const stores: Store[] = [];
  const children: ChildProcess[] = [];

  /** A data folder that was used before, with one account in it. */
  function usedFolder(): string {
    const folder = join(root, `data-${folders++}`);
    cpSync(template, folder, { recursive: true });
    return folder;
  }

  async function open(dataDir: string, options: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
    const store = await openStore({ dataDir, logger: silentLogger, ...options });
    stores.push(store);
    return store;
  }

  /** Starts a writer; gives its acknowledged lines as they come. */
  function startWriter(dataDir: string): { child: ChildProcess; lines: string[]; exited: Promise<void> } {
    const child = spawn(process.execPath, [writerProgram, dataDir, accountSid], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines: string[] = [];
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return { child, lines, exited };
  }

  let accountSid = '';

  beforeAll(async () => {
    const store = await openStore({ dataDir: template, logger: silentLogger });
    accountSid = (await makeTenant(store)).accountSid;
    await store.close();
  }, 120_000);

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const store of stores.splice(0)) await store.close();
  }, 60_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }), 60_000);

  it('keeps its folder to its user, and the key too', async () => {
    expect(statSync(template).mode & 0o777).toBe(0o700);
    const key = join(template, 'secret.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(key)).toHaveLength(32);
  });

  it('begins anew after a first start that was broken off, wherever that was', async () => {
    for (let round = 0; round < 4; round += 1) {
      const dataDir = join(root, `data-${folders++}`);
      const writer = startWriter(dataDir);
      const begun = () => existsSync(join(dataDir, 'database.new')) || existsSync(join(dataDir, 'database'));
      await eventually(begun, { timeoutMs: 60_000, everyMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 400)); // Anywhere while it copies and opens.
      writer.child.kill('SIGKILL');
      await writer.exited;
      expect(await (await open(dataDir)).tenants.isEmpty()).toBe(true);
      expect(existsSync(join(dataDir, 'database.new'))).toBe(false);
    }
  });

  it('takes nothing over from half a cluster', async () => {
    const dataDir = join(root, `data-${folders++}`);
    cpSync(join(template, 'database', 'base', '1'), join(dataDir, 'database.new', 'base', '1'), { recursive: true });
    writeFileSync(join(dataDir, 'database.new', 'half'), '');
    expect(await (await open(dataDir)).tenants.isEmpty()).toBe(true);
    expect(existsSync(join(dataDir, 'database', 'half'))).toBe(false);
  });

  it.each(['is missing', 'is of another version'])('makes its cluster itself when the seed %s', async (problem) => {
    const [dataDir, seed] = [join(root, `data-${folders++}`), join(root, `seed-${folders++}`)];
    if (problem !== 'is missing') {
      mkdirSync(seed);
      writeFileSync(join(seed, 'PG_VERSION'), '17\n');
    }
    mkdirSync(dataDir);
    const engine = await EmbeddedEngine.open({
      ...{ dataDir, logger: silentLogger, clock: new FakeClock(), onFatal: () => {}, seed },
    });
    await engine.close();
    expect(readFileSync(join(dataDir, 'database', 'PG_VERSION'), 'utf8')).toBe('18\n');
    expect(await (await open(dataDir)).tenants.isEmpty()).toBe(true);
  });

  it('keeps what was written over a clean restart, and runs each migration once', async () => {
    const dataDir = usedFolder();
    const first = await open(dataDir);
    const call = newCall(accountSid);
    await first.calls.create(call, [], []);
    await first.close();
    await first.close();
    expect(existsSync(join(dataDir, 'intermix.pid'))).toBe(false);
    const second = await open(dataDir);
    expect((await second.calls.find(accountSid, call.callSid))?.call).toStrictEqual(call);
  });

  it('writes when tokens were used and users were seen before it closes', async () => {
    const dataDir = usedFolder();
    const first = await open(dataDir);
    const { customerId, appId, ...account } = await makeTenant(first);
    const expiresAt = new Date(Date.now() + 3_600_000);
    await first.integrationTokens.create('used', { accountSid: account.accountSid, customerId, appId, expiresAt });
    await first.integrationTokens.find('used');
    const at = new Date();
    first.mappedUsers.recordSipSeen(account.accountSid, 'asha-sip', at);
    await first.close();
    const second = await open(dataDir);
    expect((await second.integrationTokens.find('used'))?.lastUsedAt).toBeInstanceOf(Date);
    expect((await second.mappedUsers.find(account.accountSid, appId, 'asha'))?.sipLastSeenAt).toEqual(at);
  });

  it('refuses a second owner in this process and in another, with a sentence', async () => {
    const dataDir = usedFolder();
    await open(dataDir);
    const second = open(dataDir);
    await expect(second).rejects.toMatchObject({ code: 'ERR_STORE_IN_USE' });
    await expect(second).rejects.toThrow(`is in use by process ${process.pid}`);

    const other = usedFolder();
    const writer = startWriter(other);
    await eventually(() => writer.lines.includes('open'), { timeoutMs: 60_000 });
    await expect(open(other)).rejects.toThrow(`is in use by process ${writer.child.pid}`);
  });

  it('opens a folder whose owner was killed, though its pid is in the file', async () => {
    const dataDir = usedFolder();
    const writer = startWriter(dataDir);
    await eventually(() => writer.lines.includes('open'), { timeoutMs: 60_000 });
    writer.child.kill('SIGKILL');
    await writer.exited;
    expect(JSON.parse(readFileSync(join(dataDir, 'intermix.pid'), 'utf8'))).toMatchObject({ pid: writer.child.pid });
    // The pid may be some other process's by now.
    writeFileSync(join(dataDir, 'intermix.pid'), JSON.stringify({ pid: process.ppid, started: '1' }));
    expect(await (await open(dataDir)).healthy()).toBe(true);
  });

  it('refuses a folder of another PostgreSQL version and leaves it alone', async () => {
    const dataDir = usedFolder();
    writeFileSync(join(dataDir, 'database', 'PG_VERSION'), '17\n');
    const opening = open(dataDir);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' });
    await expect(opening).rejects.toThrow(
      /written by embedded PostgreSQL 17; this release of Intermix reads version 18/,
    );
    writeFileSync(join(dataDir, 'database', 'PG_VERSION'), '18\n');
    expect(await (await open(dataDir)).healthy()).toBe(true);
  });

  it('says in PostgreSQL’s words why a cluster does not open', async () => {
    const dataDir = usedFolder();
    writeFileSync(join(dataDir, 'database', 'global', 'pg_control'), Buffer.alloc(8_192, 7));
    const why = await open(dataDir).catch((error: Error) => `${error.message} ${(error.cause as Error)?.message}`);
    expect(why).toMatch(/PostgreSQL says: .*FATAL: .*PG_CONTROL_VERSION/);
  });

  it('refuses a lost or damaged key, and opens again when it is back', async () => {
    const dataDir = usedFolder();
    const path = join(dataDir, 'secret.key');
    const key = readFileSync(path);
    rmSync(path);
    await expect(open(dataDir)).rejects.toThrow(/is not the one with which this database was encrypted/);
    writeFileSync(path, 'short');
    await expect(open(dataDir)).rejects.toThrow(/holds 5 octets instead of 32/);
    writeFileSync(path, key);
    expect(await (await open(dataDir)).healthy()).toBe(true);
  });

  it('asks the disk to keep every commit', async () => {
    const engine = await EmbeddedEngine.open({
      ...{ dataDir: usedFolder(), logger: silentLogger, clock: new FakeClock(), onFatal: () => {} },
    });
    try {
      const before = await engine.fdatasyncCount();
      for (let n = 0; n < 20; n += 1)
        await engine.pool.query('INSERT INTO settings (key, value_encrypted) VALUES ($1, $2)', [`k${n}`, 'v']);
      expect((await engine.fdatasyncCount()) - before).toBeGreaterThanOrEqual(20);
    } finally {
      await engine.close();
    }
  });

  it('tells its owner when its thread dies, refuses every query then, and still closes', async () => {
    const fatal: StoreError[] = [];
    const dataDir = usedFolder();
    const engine = await EmbeddedEngine.open({
      ...{ dataDir, logger: silentLogger, clock: new FakeClock(), onFatal: (error) => fatal.push(error) },
    });
    await engine.pool.query('SELECT 1');
    engine.send(new Uint8Array([0, 0, 0, 8, 0, 0, 0, 0])); // A startup message of no protocol: PostgreSQL gives up.
    await eventually(() => fatal.length > 0, { timeoutMs: 60_000 });
    expect(fatal).toMatchObject([{ code: 'ERR_STORE_STOPPED' }]);
    await expect(engine.pool.query('SELECT 1')).rejects.toThrow();
    await engine.close();
    expect(await (await open(dataDir)).healthy()).toBe(true);
  });

  it('gives the next client a clean session when one breaks off inside a transaction', async () => {
    const engine = await EmbeddedEngine.open({
      ...{ dataDir: usedFolder(), logger: silentLogger, clock: new FakeClock(), onFatal: () => {} },
    });
    const client = await engine.pool.connect();
    await client.query({ name: 'same-name', text: 'SELECT 1 AS one' });
    await client.query('BEGIN');
    await client.query(`INSERT INTO settings (key, value_encrypted) VALUES ('half', 'done')`);
    client.release(new Error('broken'));
    const { rows } = await engine.pool.query({
      name: 'same-name',
      text: `SELECT key FROM settings WHERE key = 'half'`,
    });
    expect(rows).toEqual([]);
    await engine.close();
  });

  it('makes checkpoints while there are writes, and none otherwise', async () => {
    const clock = new FakeClock();
    const store = await open(usedFolder(), { clock });
    const checkpoint = async () =>
      (await store.db.selectNoFrom((e) => e.fn<string>('pg_current_wal_insert_lsn', []).as('lsn')).execute())[0]?.lsn;
    await store.calls.create(newCall(accountSid), [], []);
    const before = await checkpoint();
    const advance = async () => {
      for (let n = 0; n < 8; n += 1) {
        await eventually(() => clock.pendingTimers > 1, { timeoutMs: 60_000 });
        clock.advance(15_000);
      }
      await eventually(() => clock.pendingTimers > 1, { timeoutMs: 60_000 });
    };
    await advance();
    const after = await checkpoint();
    expect(after).not.toBe(before); // A checkpoint is itself a record in the log.
    await advance();
    expect(await checkpoint()).toBe(after);
  });

  it('vacuums the busy tables, queues among them', async () => {
    const clock = new FakeClock();
    const store = await open(usedFolder(), { clock });
    const busy = ['calls', 'call_events', 'users', 'webhook_deliveries', 'webhook_events', 'webhook_attempts'];
    const neverVacuumed = async () => {
      const { rows } = await sql<{ relname: string }>`
        SELECT relname FROM pg_class WHERE relname = ANY (${busy}::text[]) AND reltuples < 0 ORDER BY 1`.execute(
        store.db,
      );
      return rows.map(({ relname }) => relname);
    };
    expect(await neverVacuumed()).toEqual([...busy].sort());
    clock.advance(600_000); // The first round is over before anything is due.
    await eventually(() => clock.pendingTimers > 1, { timeoutMs: 60_000 });
    clock.advance(15_000);
    await eventually(async () => (await neverVacuumed()).length === 0, { timeoutMs: 60_000 });
  });

  // Ten take it through both moments, while it writes and while it opens; more by order, for an hour if one likes.
  const rounds = Number(process.env.INTERMIX_KILL_ROUNDS ?? 10);

  it(`loses nothing that it acknowledged in ${rounds} kills`, async () => {
    const dataDir = usedFolder();
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const writer = startWriter(dataDir);
      if (round % 4 === 3) {
        await eventually(() => writer.lines.includes('started'), { timeoutMs: 60_000 });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 500)); // Anywhere while it opens and recovers.
      } else {
        const enough = 3 + Math.floor(Math.random() * 100); // Anywhere while it writes.
        await eventually(() => writer.lines.length > enough, { timeoutMs: 60_000, everyMs: 1 });
      }
      writer.child.kill('SIGKILL');
      await writer.exited;
      acknowledged.push(...writer.lines.filter((line) => line.includes(' ')));
    }
    const store = await open(dataDir);
    const ended = new Set(acknowledged.filter((line) => line.startsWith('ended')).map((line) => line.split(' ')[1]));
    const created = acknowledged.filter((line) => line.startsWith('created')).map((line) => line.split(' ')[1] ?? '');
    expect(created.length).toBeGreaterThan(rounds);
    for (const callSid of created) {
      const found = await store.calls.find(accountSid, callSid);
      const { call, legs, events } = found ?? expect.fail(`${callSid} was acknowledged and is lost`);
      const torn = `${callSid}: a change is written as a whole or not at all`;
      if (ended.has(callSid)) expect(call.status, `the end of ${callSid} is lost`).toBe('completed');
      expect(
        legs.map((leg) => leg.status),
        torn,
      ).toEqual([call.status]);
      expect(
        events.map((event) => event.type),
        torn,
      ).toEqual(call.status === 'completed' ? ['created', 'ended'] : ['created']);
    }
    const { calls } = await store.calls.list({ accountSid, limit: 500, status: 'queued' });
    expect(await store.calls.failOpenCalls(new Date())).toBe(calls.length);
  }, 300_000);
});
