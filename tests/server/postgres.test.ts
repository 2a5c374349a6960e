import { existsSync } from 'node:fs';
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

const missing = whyNoPostgres();
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);
if (missing !== undefined) process.stderr.write(`SKIPPED, the server on PostgreSQL: ${missing}\n`);

const patience = 10_000;

describe.skipIf(missing !== undefined)('a server on PostgreSQL', () => {
  let database: TestPostgres;
  let server: RunningServer;
  let admin: AdminApi;
  let phone: SipPhone;

  beforeAll(async () => {
    database = await startTestPostgres();
    server = await startServer({ env: { INTERMIX_DATABASE_URL: database.url } });
    admin = new AdminApi(server);
    const { sip_username: user, sip_password: password, sip_domain: domain } = demoUser();
    const credentials = { username: user, password };
    phone = await SipPhone.start({ server: server.sip, protocol: 'UDP', user, domain, credentials });
  });
  afterAll(async () => {
    await phone?.stop();
    await server?.stop();
    await database?.stop();
  });

  function demoUser() {
    const [user] = server.bootstrap.users;
    if (user === undefined) throw new Error('no demo user');
    return user;
  }

  /** A simulated caller rings the demo user's telephone, which answers and hears the tone. */
  async function talk() {
    expect((await phone.register()).status).toBe(200);
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    const call = await phone.waitForCall(patience);
    call.answer();
    await call.expectTone(800, patience);
    return call;
  }

  const recordOf = async (sid: string) => (await admin.request('GET', `/api/v1/calls/${sid}`)).body;

  it('keeps everything there, and makes no database of its own', async () => {
    expect(server.bootstrap.users).toHaveLength(3);
    expect((await admin.request('GET', '/api/v1/carriers')).status).toBe(200);
    expect(existsSync(join(server.dataDir, 'bootstrap.json'))).toBe(true);
    expect(existsSync(join(server.dataDir, 'database'))).toBe(false);
  });

  it('carries a call to a telephone and writes its record', async () => {
    const call = await talk();
    call.hangup();
    const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    expect(record).toMatchObject({ direction: 'inbound', termination: { by: 'callee' } });
    expect(record.events.map(({ type }) => type)).toContain('call-answered');
  });

  it('kill -9 in a call: after the restart its record says failed, and what was acknowledged is there', async () => {
    const ended = await admin.lastCall();
    const call = await talk();
    const talking = await admin.expectLastCall('in-progress', ({ status }) => status === 'in-progress');
    await server.kill();
    await server.restart();
    const record = await recordOf(talking.call_sid);
    expect(record).toMatchObject({ status: 'failed', termination: { by: 'platform', reason: 'server-died' } });
    expect(record.events.slice(0, talking.events.length)).toEqual(talking.events);
    for (const leg of record.legs) expect(leg.ended_at).not.toBeNull();
    expect(await recordOf(ended.call_sid)).toEqual(ended);
    call.hangup(); // Into the void: the telephone's side of what died.
  });

  it('a further start on the same database keeps the tenant and its secrets, and calls again', async () => {
    const before = structuredClone(server.bootstrap);
    await server.restart();
    // Signs in with the first start's password, registers with the first start's secret.
    expect((await new AdminApi(server).request('GET', '/api/v1/calls')).body.items.length).toBeGreaterThanOrEqual(2);
    expect(server.bootstrap).toEqual(before);
    const call = await talk();
    call.hangup();
    await admin.expectLastCall('completed', ({ status }) => status === 'completed');
    expect(errorLines(server)).toEqual([]);
  });
});
