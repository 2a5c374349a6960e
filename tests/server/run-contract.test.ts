import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runToEnd } from '../support/run-to-end.js';
import { SnakeApp } from '../support/snake.js';

describe('the run contract', () => {
  let server: RunningServer;
  let ports: { http: string; sip: string; webrtc: string };
  beforeAll(async () => {
    server = await startServer();
    const spare = () => String(server.sparePort());
    ports = { http: spare(), sip: spare(), webrtc: spare() };
  });
  afterAll(() => server?.stop());

  /** Ports and data folder of its own, far from the running server's. */
  function freshEnvironment(): Record<string, string> {
    const folder = mkdtempSync(join(tmpdir(), 'intermix-run-'));
    return {
      ...server.env,
      INTERMIX_DATA_DIR: folder,
      INTERMIX_HTTP_PORT: ports.http,
      INTERMIX_SIP_PORT: ports.sip,
      INTERMIX_WEBRTC_PORT: ports.webrtc,
    };
  }

  it('writes bootstrap.json for its owner only, with everything that a tool needs', () => {
    const file = join(server.dataDir, 'bootstrap.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(server.dataDir).mode & 0o777).toBe(0o700);
    const { bootstrap } = server;
    expect(bootstrap.http_url).toBe(server.baseUrl);
    expect(bootstrap.sip_ws_url).toBe(`${server.baseUrl.replace('http', 'ws')}/wss`);
    expect(bootstrap.sip_udp).toBe(`${server.sip.host}:${server.sip.port}`);
    expect(bootstrap.users).toHaveLength(3);
    expect(bootstrap.exophones).toHaveLength(2);
    expect(Object.keys(bootstrap.simulated_numbers).sort()).toEqual(
      ['answer_tone', 'busy', 'dtmf_readback', 'echo', 'no_answer', 'reject'].sort(),
    );
    for (const user of bootstrap.users) expect(user.sip_domain).toBe(`${bootstrap.account.sid}.intermix.local`);
  });

  it('lets people sign in, go on by refresh tokens and change their password, and has it on record', async () => {
    const ask = async (method: string, path: string, body?: object, token?: string) => {
      const response = await fetch(`${server.baseUrl}/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    };
    const root = (await ask('POST', '/auth/login', server.bootstrap.admin)).body.access_token;
    const person = { email: 'asha@example.com', password: 'planted-first-word' };
    const made = await ask('POST', '/auth/register', { ...person, name: 'Asha', role: 'supervisor' }, root);
    expect(made.status).toBe(201);
    const elsewhere = (await ask('POST', '/auth/login', person)).body;
    const here = (await ask('POST', '/auth/login', person)).body;
    const next = (await ask('POST', '/auth/refresh', { refresh_token: here.refresh_token })).body;
    expect((await ask('GET', '/auth/me', undefined, next.access_token)).body).toMatchObject({ role: 'supervisor' });
    expect((await ask('GET', '/audit', undefined, next.access_token)).status).toBe(403);
    const change = { current_password: person.password, new_password: 'planted-second-word' };
    expect((await ask('PUT', '/auth/me/password', change, next.access_token)).status).toBe(204);
    expect((await ask('GET', '/auth/me', undefined, next.access_token)).status).toBe(200);
    expect((await ask('GET', '/auth/me', undefined, elsewhere.access_token)).status).toBe(401);
    expect((await ask('POST', '/auth/refresh', { refresh_token: elsewhere.refresh_token })).status).toBe(401);
    expect((await ask('POST', '/auth/login', person)).status).toBe(401);
    const { body: log } = await ask('GET', `/audit?person=${person.email}`, undefined, root);
    const actions = log.items.map((entry: { action: string }) => entry.action);
    expect(actions).toEqual(['changeOwnPassword', 'signIn', 'signIn']);
    const [registered] = (await ask('GET', '/audit?action=registerUser', undefined, root)).body.items;
    expect(registered.resource).toEqual({ type: 'user', id: made.body.id });
    expect(JSON.stringify([log, registered])).not.toContain('planted');
  });

  it('takes it that others reach a server on loopback behind a trusted proxy', async () => {
    const proxied = await startServer({ env: { INTERMIX_TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      expect((await fetch(`${server.baseUrl}/softphone/agents`)).status).toBe(200);
      expect((await fetch(`${proxied.baseUrl}/softphone/agents`)).status).toBe(401);
      const body = { callback_url: 'http://127.0.0.1:9/internal' };
      expect((await (await SnakeApp.demo(server)).ask('PUT', '/settings', { body })).status).toBe(200);
      const refused = await (await SnakeApp.demo(proxied)).ask('PUT', '/settings', { body });
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toContain('INTERMIX_ALLOW_PRIVATE_URLS');
    } finally {
      await proxied.stop();
    }
  });

  it.each(['/healthz', '/readyz', '/metrics', '/docs', '/docs/json', '/softphone', '/softphone/exotelsdk.js'])(
    'serves %s',
    async (path) => {
      expect((await fetch(`${server.baseUrl}${path}`)).status).toBe(200);
    },
  );

  it('counts what an operator watches', async () => {
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    for (const name of ['intermix_calls_active 0', 'intermix_sip_bindings 0', 'nodejs_eventloop_lag_p99_seconds'])
      expect(metrics).toContain(name);
  });

  it('documents itself as OpenAPI 3.1', async () => {
    const document = (await (await fetch(`${server.baseUrl}/docs/json`)).json()) as Record<string, any>;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/api/v1/carriers');
  });

  it.each([
    ['INTERMIX_HTTP_PORT', 'eighty', 'INTERMIX_HTTP_PORT is "eighty"'],
    ['INTERMIX_SIMULATED_PSTN', 'perhaps', 'give one of auto, on, off'],
    ['INTERMIX_TRUSTED_PROXIES', 'nginx', 'INTERMIX_TRUSTED_PROXIES is "nginx": give IP addresses or networks'],
    ['INTERMIX_TLS_CERT_FILE', '/nowhere/cert.pem', 'belong together'],
    ['INTERMIX_SIP_PROT', '5060', 'INTERMIX_SIP_PROT is not a setting'],
    ['INTERMIX_MEDIA_ENGINE', 'rtpengine', 'embedded engine only'],
    ['INTERMIX_DATABASE_URL', 'postgres://nobody:x@127.0.0.1:1/none', 'INTERMIX_DATABASE_URL'],
  ])('refuses to start with %s=%s, in a sentence', async (name, value, sentence) => {
    const environment = { ...freshEnvironment(), [name]: value };
    const { exitCode, stderr } = await runToEnd(environment);
    rmSync(environment.INTERMIX_DATA_DIR ?? '', { recursive: true, force: true });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBeGreaterThan(0);
  });

  it.each([
    ['INTERMIX_HTTP_PORT', () => Number(new URL(server.baseUrl).port)],
    ['INTERMIX_SIP_PORT', () => server.sip.port],
    ['INTERMIX_WEBRTC_PORT', () => Number(server.env.INTERMIX_WEBRTC_PORT)],
  ] as const)('refuses a taken %s, in a sentence', async (name, taken) => {
    const environment = { ...freshEnvironment(), [name]: String(taken()) };
    const { exitCode, stderr } = await runToEnd(environment);
    rmSync(environment.INTERMIX_DATA_DIR ?? '', { recursive: true, force: true });
    expect(stderr).toContain(name);
    expect(stderr).toMatch(/taken|in use/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBeGreaterThan(0);
  });

  it('refuses a second process on the same data folder', async () => {
    const { exitCode, stderr } = await runToEnd({ ...freshEnvironment(), INTERMIX_DATA_DIR: server.dataDir });
    expect(stderr).toMatch(/data folder|in use/);
    expect(exitCode).toBeGreaterThan(0);
  });

  it('keeps the tenant over a restart, and tells the new addresses', async () => {
    const secrets = server.bootstrap.users.map((user) => user.sip_password);
    const port = ports.http;
    await server.restart({ INTERMIX_HTTP_PORT: port });
    const bootstrap = JSON.parse(readFileSync(join(server.dataDir, 'bootstrap.json'), 'utf8'));
    expect(bootstrap.http_url).toBe(`http://127.0.0.1:${port}`);
    expect(bootstrap.users.map((user: { sip_password: string }) => user.sip_password)).toEqual(secrets);
  });
});
