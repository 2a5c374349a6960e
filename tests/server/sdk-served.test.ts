import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, findExecutable, type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageServer } from '../support/page-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const built = readdirSync(join(repositoryRoot(), 'packages', 'voice-sdk', 'dist'));
const scripts = built.filter((name) => /\.m?js$/.test(name));
const parts = scripts.filter((name) => /^exotelsdk-.*\.js$/.test(name));

/** A plain request, as `fetch` hides what was compressed. */
function head(path: string, headers: Record<string, string> = {}): Promise<{ status?: number; headers: any }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server.baseUrl}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    asked.on('error', reject).end();
  });
}

describe('/sdk', () => {
  it('serves each script and its source map to pages of any origin', async () => {
    expect(scripts).toContain('exotelsdk.js');
    for (const name of scripts.flatMap((script) => [script, `${script}.map`])) {
      const { status, headers } = await head(`/sdk/${name}`);
      expect([name, status]).toEqual([name, 200]);
      expect(headers['content-type']).toMatch(name.endsWith('.map') ? /^application\/json/ : /^text\/javascript/);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['cross-origin-resource-policy']).toBe('cross-origin');
    }
  });

  it('serves nothing else of the package', async () => {
    for (const path of [
      '/sdk/',
      '/sdk/package.json',
      '/sdk/exotelsdk-whole.cjs',
      '/sdk/..%2fpackage.json',
      '/sdk/types',
    ])
      expect([path, (await head(path)).status]).toEqual([path, 404]);
  });

  it('is asked each time and then says that nothing changed; with a version, it is kept for a year', async () => {
    const { headers } = await head('/sdk/exotelsdk.js');
    expect(headers['cache-control']).toBe('public, no-cache');
    expect((await head('/sdk/exotelsdk.js', { 'if-none-match': headers.etag })).status).toBe(304);
    expect((await head('/sdk/exotelsdk.js?v=3')).headers['cache-control']).toContain('immutable');
    const chunk = scripts.find((name) => name.startsWith('voice-sdk-part-'));
    if (chunk) expect((await head(`/sdk/${chunk}`)).headers['cache-control']).toContain('immutable');
  });

  it('travels compressed', async () => {
    const { headers } = await head('/sdk/exotelsdk.js', { 'accept-encoding': 'gzip, br' });
    expect(headers['content-encoding']).toBe('br');
    expect(Number(headers['content-length'])).toBeLessThan(45 * 1024);
    expect(headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(headers.vary).toContain('accept-encoding');
    expect((await head('/sdk/exotelsdk.js', { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe('gzip');
  });
});

describe('in a browser', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('works in a page of another origin, its later parts and its ES module included', async () => {
    const site = await PageServer.start({
      '/': `<!doctype html><link rel="icon" href="data:,"><script src="${server.baseUrl}/sdk/exotelsdk.js?v=1"></script><script>
        window.load = (url) => import(url); // Not in the test itself, whose own imports are rewritten.
      </script>`,
    });
    try {
      const { page, errors } = await browser.openPage(site.origin);
      const [user] = server.bootstrap.users;
      if (!user) throw new Error('the demo tenant has no user');
      const state = await page.evaluate(
        async ({ base, parts, options }) => {
          const { load } = window as unknown as { load: (url: string) => Promise<any> };
          const loaded = await Promise.all(parts.map((name) => load(`${base}/sdk/${name}`)));
          const { VoiceClient } = await load(`${base}/sdk/voice-sdk.mjs`);
          const { exotelSDK } = window as unknown as { exotelSDK: { VoiceClient: typeof VoiceClient } };
          const states: string[] = [];
          for (const Client of [exotelSDK.VoiceClient, VoiceClient]) {
            const client = new Client(options);
            await client.register();
            states.push(client.registrationState);
            await client.dispose();
          }
          return { states, empty: loaded.filter((part) => Object.keys(part).length === 0).length };
        },
        {
          base: server.baseUrl,
          parts,
          options: {
            serverUrl: server.bootstrap.sip_ws_url,
            username: user.sip_username,
            password: user.sip_password,
            domain: user.sip_domain,
          },
        },
      );
      expect(state).toEqual({ states: ['registered', 'registered'], empty: 0 });
      expect(errors).toEqual([]);
    } finally {
      await site.stop();
    }
  });
});

/** A page that registers, goes away by itself and is come back to; it tells its server what happened. */
class ReturningPage {
  readonly told: string[] = [];
  readonly #server: Server;

  constructor(sdkUrl: string, account: unknown) {
    const pages: Record<string, string> = {
      '/': `<!doctype html><link rel="icon" href="data:,"><script src="${sdkUrl}"></script><script>
        const tell = (line) => fetch('/told', { method: 'POST', body: line, keepalive: true });
        const phone = new exotelSDK.ExotelWebClient();
        let away = false;
        phone.initWebrtc(${JSON.stringify(account)}, (state) => {
          tell(state);
          if (state === 'registered' && !away) { away = true; setTimeout(() => { location.href = '/away'; }, 100); }
        }, () => {}, () => {});
        addEventListener('pageshow', (event) => {
          const [navigation] = performance.getEntriesByType('navigation');
          tell('shown ' + (event.persisted ? 'from the cache' : 'anew ' + JSON.stringify(navigation.notRestoredReasons ?? null)));
          if (!event.persisted && navigation.type === 'navigate') phone.DoRegister();
        });
      </script>`,
      '/away':
        '<!doctype html><link rel="icon" href="data:,"><script>onload = () => setTimeout(() => history.back(), 100);</script>',
    };
    this.#server = createServer((request, response) => {
      if (request.method === 'POST') {
        request.setEncoding('utf8').on('data', (line: string) => this.told.push(line));
        response.end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/html' }).end(pages[request.url ?? '/'] ?? '');
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

it('[SDK-D12] comes back from the back/forward cache as it was, and is registered again', async () => {
  const [user] = server.bootstrap.users;
  const url = new URL(server.bootstrap.sip_ws_url);
  const site = new ReturningPage(`${server.baseUrl}/sdk/exotelsdk.js`, {
    userName: user?.sip_username,
    authUser: user?.sip_username,
    secret: user?.sip_password,
    sipdomain: user?.sip_domain,
    domain: url.host,
    port: url.port,
    security: 'ws',
  });
  const address = await site.start();
  // Without a driver: drivers switch this cache off.
  const profile = mkdtempSync(join(tmpdir(), 'intermix-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'];
  const chromium: ChildProcess = spawn(
    process.env.INTERMIX_CHROMIUM ?? findExecutable('chromium', 'npm test installs it'),
    [...flags, `--user-data-dir=${profile}`, address],
    { stdio: 'ignore', detached: true },
  );
  try {
    await eventually(() => site.told.filter((line) => line === 'registered').length >= 2, {
      timeoutMs: 20_000,
      message: 'the second registration',
    }).catch((error) => {
      throw new Error(`${error.message}; the page told: ${site.told.join(', ')}`);
    });
    const shown = site.told.filter((line) => line.startsWith('shown'));
    expect(shown[1]).toBe('shown from the cache');
    const after = site.told.slice(site.told.indexOf('shown from the cache'));
    expect(after).toContain('registered');
  } finally {
    const gone = new Promise((resolve) => chromium.once('exit', resolve));
    if (chromium.pid) process.kill(-chromium.pid, 'SIGKILL'); // Its children too: they write into the profile.
    await gone;
    site.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  }
});
