import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PageServer } from '../support/page-server.js';

const guide = readFileSync(join(repositoryRoot(), 'docs', 'guide', 'voice-sdk.md'), 'utf8');

/** Each snippet under the heading that it stands under. */
const snippets = [...guide.matchAll(/^## (.*)$|^```(js|html)\n([\s\S]*?)^```$/gm)].reduce<
  { title: string; language: string; text: string }[]
>((list, [, heading, language = '', text = '']) => {
  if (heading !== undefined) list.push({ title: heading, language: '', text: '' });
  else list.push({ title: list.at(-1)?.title ?? '', language, text });
  return list;
}, []);
const named = snippets
  .filter(({ language }) => language !== '')
  .map(({ title, language, text }, index) => [`${index + 1}, in "${title}"`, language, text] as const);

let server: RunningServer;
let browser: TestBrowser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** What the guide calls by an example's name is the test's server here. */
function here(text: string): string {
  return text
    .replaceAll('https://calls.example.com', server.baseUrl)
    .replaceAll("'calls.example.com'", `'${server.baseUrl}'`)
    .replace(/'\+91 ?98765 ?43210'/g, `'${server.bootstrap.simulated_numbers.answer_tone}'`);
}

/** A program for the page: imports become look-ups, and what the guide takes as given is made. */
function program(text: string): string {
  const code = here(text).replace(/^import (\{[^}]*\}) from '([^']+)';$/gm, "const $1 = modules['$2'];");
  return `async ({ options, account, accessToken, userId, baseUrl }) => {
    const modules = {
      '@intermix/voice-sdk': exotelSDK,
      '@intermix/voice-sdk/crm': await import(baseUrl + '/sdk/crm.mjs'),
    };
    const phone = new exotelSDK.ExotelWebClient();
    phone.initWebrtc(account);
    const client = new exotelSDK.VoiceClient(options);
    if (${/\bclient\./.test(code) && !/const client\b/.test(code)}) await client.register();
    {
      const call = phone.getCall();
      {
${code}
      }
    }
    await client.dispose();
  }`;
}

/** What a customer's backend would hand on of the server's answer. */
function voiceSession(): string {
  const user = server.bootstrap.users.at(-1);
  const data = {
    username: user?.sip_username,
    password: user?.sip_password,
    domain: user?.sip_domain,
    websocket_url: server.bootstrap.sip_ws_url,
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    expires_in: 3600,
  };
  return JSON.stringify({ data });
}

async function accessToken(): Promise<string> {
  const { id, secret } = server.bootstrap.app;
  const answer = await fetch(`${server.baseUrl}/v2/integrations/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Id: id, Secret: secret, Entity: 'app' }),
  });
  return ((await answer.json()) as { Data: string }).Data;
}

it.each(named)('snippet %s runs', async (_title, language, text) => {
  const script = `<script src="${server.baseUrl}/sdk/exotelsdk.js"></script>`;
  const body = language === 'html' ? here(text) : `${script}<script>window.snippet = ${program(text)};</script>`;
  const site = await PageServer.start({
    '/': `<!doctype html><link rel="icon" href="data:,">${body}`,
    '/voice-session': voiceSession(),
  });
  const opened = await browser.openPage(site.origin);
  try {
    const [first, second] = server.bootstrap.users;
    if (!first || !second) throw new Error('the demo tenant has no two users');
    const { host, port } = new URL(server.bootstrap.sip_ws_url);
    if (language === 'js') {
      await opened.page.evaluate((given) => (window as any).snippet(given), {
        options: {
          serverUrl: server.bootstrap.sip_ws_url,
          username: second.sip_username,
          password: second.sip_password,
          domain: second.sip_domain,
        },
        account: {
          userName: first.sip_username,
          authUser: first.sip_username,
          secret: first.sip_password,
          sipdomain: first.sip_domain,
          domain: host,
          port,
          security: 'ws',
        },
        accessToken: await accessToken(),
        userId: first.user_id,
        baseUrl: server.baseUrl,
      });
    }
    expect(opened.errors).toEqual([]);
  } finally {
    await opened.close();
    await site.stop();
  }
});

it('has snippets', () => {
  expect(named.length).toBeGreaterThan(10);
});
