import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { CarrierCreate } from '@intermix/contracts';
import { type RunningServer, repositoryRoot, SipPhone, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { addCarrier, addNumber, removeCarrier, ringUser } from '../support/carriers.js';
import { errorLines } from '../support/metrics.js';
import { runToEnd } from '../support/run-to-end.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;
const patience = 10_000;
const folder = join(repositoryRoot(), 'packages', 'sip', 'testdata', 'tls');
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
const certificate = { INTERMIX_TLS_CERT_FILE: certFile, INTERMIX_TLS_KEY_FILE: keyFile };

describe('a server with a certificate', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let sipsPort: number;

  beforeAll(async () => {
    // `fetch` in this process has no other way to take the test's certificate; one test below checks it properly.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    // Carriers must prove who they are: the server trusts this certificate as it would an authority.
    const env = { ...certificate, NODE_EXTRA_CA_CERTS: certFile };
    [server, browser] = await Promise.all([startServer({ env }), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
    sipsPort = Number(server.env.INTERMIX_SIPS_PORT);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });

  async function agent(): Promise<SdkPage> {
    const user = server.bootstrap.users[0];
    if (user === undefined) throw new Error('no demo user');
    const page = await SdkPage.open(browser, server, user);
    await page.register();
    return page;
  }

  it('answers /readyz by HTTPS with that certificate, and tells https and wss', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get(`${server.baseUrl}/readyz`, { ca: cert, rejectUnauthorized: true }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
    expect(status).toBe(200);
    const { host } = new URL(server.baseUrl);
    expect(server.bootstrap).toMatchObject({ http_url: `https://${host}`, sip_ws_url: `wss://${host}/wss` });
    await expect(fetch(`http://${host}/readyz`)).rejects.toThrow();
  });

  it('a page registers over wss, takes a call and hears it, and calls a number', async () => {
    const page = await agent();
    const simulated = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    await page.expectEvent('incoming');
    await page.onCall('answer');
    await page.expectEvent('connected');
    await expectPageTone(page.page, 800);
    const isMic = (hz: number | null) => hz !== null && Math.abs(hz - micHz) <= 20;
    await admin.expectSimulated('the microphone', (call) => isMic(call.hearing_hz), { id: simulated.id });
    await page.onCall('hangup');
    await admin.expectLastCall('completed', (call) => call.status === 'completed');

    const after = (await page.events()).length;
    await page.dial(server.bootstrap.simulated_numbers.answer_tone);
    await page.expectEvent('connected', { after });
    await expectPageTone(page.page, 1000);
    await page.onCall('hangup');
    expect(page.opened.errors).toEqual([]);
    await page.close();
  });

  it('answers OPTIONS on the TLS port with 200', async () => {
    const socket = connect({ host: '127.0.0.1', port: sipsPort, ca: cert });
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('\r\n\r\n')) resolve(text);
      });
      socket.on('error', reject).on('close', () => reject(new Error(`closed after "${text}"`)));
      socket.write(
        [
          `OPTIONS sip:127.0.0.1:${sipsPort};transport=tls SIP/2.0`,
          `Via: SIP/2.0/TLS 127.0.0.1:${socket.localPort ?? 5061};branch=z9hG4bK-tls-test`,
          'Max-Forwards: 70',
          'From: <sip:probe@example.com>;tag=probe',
          `To: <sip:127.0.0.1:${sipsPort}>`,
          'Call-ID: tls-probe@example.com',
          'CSeq: 1 OPTIONS',
          'Content-Length: 0',
          '\r\n',
        ].join('\r\n'),
      );
    });
    socket.destroy();
    expect(answer).toMatch(/^SIP\/2\.0 200 /);
  });

  it('a desk phone registers over TLS and is called by the number of its user', async () => {
    const { sip_username: user, sip_password: password, sip_domain: domain } = server.bootstrap.users[0] ?? {};
    if (user === undefined || password === undefined || domain === undefined) throw new Error('no demo user');
    const phone = await SipPhone.start({
      ...{ server: { host: '127.0.0.1', port: sipsPort }, protocol: 'TLS', tls: { cert, key, ca: cert } },
      ...{ user, domain, credentials: { username: user, password } },
    });
    expect((await phone.register()).status).toBe(200);
    await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
    const call = await phone.waitForCall(patience);
    call.answer();
    await call.expectTone(800, patience);
    call.hangup();
    await admin.expectLastCall('completed', (record) => record.status === 'completed');
    expect((await phone.unregister()).status).toBe(200);
    await phone.stop();
  });

  describe.each([
    ['by its address', { inbound_auth_mode: 'ip', inbound_allowed_addresses: ['127.0.0.1'] }],
    [
      'by its password',
      { inbound_auth_mode: 'credentials', inbound_auth_username: 'tls-trunk', inbound_auth_password: 'tls-trunk-pw' },
    ],
  ] as const)('with a carrier over TLS that is known %s', (_how, inbound) => {
    const credentials = { username: 'tls-trunk', password: 'tls-trunk-pw' };
    const outbound = { outbound_auth_username: 'us', outbound_auth_password: 'our-secret' };
    const number = inbound.inbound_auth_mode === 'ip' ? '+918047110021' : '+918047110022';
    let carrier: SipPhone;
    let id = '';
    let page: SdkPage;

    beforeAll(async () => {
      await server.restart({ INTERMIX_SIMULATED_PSTN: 'off' });
      carrier = await SipPhone.start({
        ...{ server: { host: '127.0.0.1', port: sipsPort }, protocol: 'TLS', tls: { cert, key, ca: cert } },
        ...(inbound.inbound_auth_mode === 'credentials' ? { credentials } : {}),
      });
      const { host, port } = carrier.address;
      const fields: CarrierCreate = {
        ...{ name: 'TLS carrier', sip_address: `${host}:${port}`, transport: 'tls', ...outbound, ...inbound },
        inbound_allowed_addresses: [
          ...('inbound_allowed_addresses' in inbound ? inbound.inbound_allowed_addresses : []),
        ],
      };
      const made = await addCarrier(admin, fields);
      id = made.id;
      await addNumber(admin, made, { number, target: ringUser(server) });
      page = await agent();
    });
    afterAll(async () => {
      await page?.close();
      await carrier?.stop();
      await removeCarrier(admin, id);
    });

    it('takes its call: tones both ways, the carrier hangs up', async () => {
      const call = await carrier.call(number, { from: '+919876543210' });
      await page.expectEvent('incoming');
      await page.onCall('answer');
      await call.waitForAnswer(patience);
      call.sendTone(700);
      await expectPageTone(page.page, 700);
      await call.expectTone(micHz, patience);
      call.hangup();
      await page.expectEvent('ended');
      const record = await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      expect(record).toMatchObject({ direction: 'inbound', to: number });
    });

    it('calls through it, with a Contact on the TLS port, and hangs up', async () => {
      const after = (await page.events()).length;
      await page.dial('+919812345678');
      const call = await carrier.waitForCall(patience);
      const invite = carrier.messages.find(
        ({ direction, startLine }) => direction === 'received' && startLine.startsWith('INVITE'),
      );
      expect(invite?.text).toMatch(/^Via: SIP\/2\.0\/TLS /m);
      expect(invite?.text).toMatch(new RegExp(`^Contact: <sips?:[^>]*127\\.0\\.0\\.1:${sipsPort}[^>]*>`, 'm'));
      call.answer();
      await page.expectEvent('connected', { after });
      await call.expectTone(micHz, patience);
      await page.onCall('hangup');
      expect(await call.waitForEnd(patience)).toMatchObject({ by: 'remote' });
    });
  });

  it('has written no error', () => {
    expect(errorLines(server)).toEqual([]);
  });

  it('does not call a carrier whose certificate it cannot trust', async () => {
    await server.restart({ NODE_EXTRA_CA_CERTS: '', INTERMIX_SIMULATED_PSTN: 'off' });
    const tls = { cert, key, ca: cert };
    const stranger = await SipPhone.start({ server: { host: '127.0.0.1', port: sipsPort }, protocol: 'TLS', tls });
    const { host, port } = stranger.address;
    const carrier = await addCarrier(admin, { name: 'Stranger', sip_address: `${host}:${port}`, transport: 'tls' });
    await addNumber(admin, carrier, { number: '+918047110023', target: ringUser(server) });
    const page = await agent();
    await page.dial('+919812345678');
    await page.expectEvent('ended');
    await admin.expectLastCall('failed', (call) => call.status === 'failed');
    expect(stranger.messages).toEqual([]);
    await page.close();
    await stranger.stop();
  });
});

describe('a certificate that cannot be used', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'intermix-tls-'));
  const notPem = join(dataDir, 'not.pem');
  beforeAll(() => writeFileSync(notPem, 'this is no certificate\n'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it.each([
    [
      'a file that is not there',
      { INTERMIX_TLS_CERT_FILE: '/nowhere/cert.pem' },
      'INTERMIX_TLS_CERT_FILE names /nowhere/cert.pem',
    ],
    [
      'a key that is not there',
      { INTERMIX_TLS_KEY_FILE: '/nowhere/key.pem' },
      'INTERMIX_TLS_KEY_FILE names /nowhere/key.pem',
    ],
    ['a file that is no certificate', { INTERMIX_TLS_CERT_FILE: notPem }, 'cannot be used together'],
    ['a key in the place of the certificate', { INTERMIX_TLS_CERT_FILE: keyFile }, 'cannot be used together'],
  ])('refuses %s in a sentence', async (_what, changes, sentence) => {
    const { exitCode, stderr } = await runToEnd({
      INTERMIX_DATA_DIR: join(dataDir, 'data'),
      ...certificate,
      ...changes,
    });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(1);
  });

  it('refuses a TLS port without a certificate in a sentence', async () => {
    const { exitCode, stderr } = await runToEnd({
      INTERMIX_DATA_DIR: join(dataDir, 'data'),
      INTERMIX_SIPS_PORT: '5061',
    });
    expect(stderr).toContain('INTERMIX_SIPS_PORT needs a certificate');
    expect(exitCode).toBe(2);
  });
});
