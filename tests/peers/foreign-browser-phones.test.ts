import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BootstrapUser } from '@intermix/contracts';
import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { bundlePageScript } from '../support/page-script.js';
import { PageServer } from '../support/page-server.js';

const micHz = 620;
const require = createRequire(import.meta.url);

/** What each page below offers to the test: the same few verbs over a stack of another maker. */
interface ForeignPhone {
  state: string[];
  start(account: { url: string; user: string; domain: string; password: string }): void;
  answer(): void;
  dial(target: string): void;
  sendDtmf(digit: string): void;
  hangup(): void;
}

const jssip = `
  import JsSIP from 'jssip';
  const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
  let ua, session;
  window.phone = {
    state: [],
    start({ url, user, domain, password }) {
      const sockets = [new JsSIP.WebSocketInterface(url)];
      ua = new JsSIP.UA({ sockets, uri: 'sip:' + user + '@' + domain, password });
      ua.on('registered', () => this.state.push('registered'));
      ua.on('registrationFailed', ({ cause }) => this.state.push('failed ' + cause));
      ua.on('newRTCSession', (event) => {
        session = event.session;
        if (event.originator === 'remote') this.state.push('incoming ' + session.remote_identity.display_name);
        session.on('confirmed', () => this.state.push('connected'));
        session.on('ended', () => this.state.push('ended'));
        session.on('failed', ({ cause }) => this.state.push('ended ' + cause));
      });
      ua.start();
    },
    answer: () => session.answer(media),
    dial: (target) => ua.call(target, media),
    sendDtmf: (digit) => session.sendDTMF(digit, { transportType: 'INFO' }),
    hangup: () => session.terminate(),
  };`;

const sipJs = `
  import { Inviter, Registerer, SessionState, UserAgent, Web } from 'sip.js';
  const options = { sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } } };
  let agent, session, domain;
  const follow = (phone) => session.stateChange.addListener((state) => {
    if (state === SessionState.Established) phone.state.push('connected');
    if (state === SessionState.Terminated) phone.state.push('ended');
  });
  window.phone = {
    state: [],
    async start(account) {
      domain = account.domain;
      agent = new UserAgent({
        uri: UserAgent.makeURI('sip:' + account.user + '@' + domain),
        authorizationUsername: account.user,
        authorizationPassword: account.password,
        transportOptions: { server: account.url },
        sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
        logLevel: 'error',
        delegate: {
          onInvite: (invitation) => {
            session = invitation;
            this.state.push('incoming ' + invitation.remoteIdentity.displayName);
            follow(this);
          },
        },
      });
      await agent.start();
      const registerer = new Registerer(agent);
      registerer.stateChange.addListener((state) => state === 'Registered' && this.state.push('registered'));
      await registerer.register({ requestDelegate: { onReject: () => this.state.push('failed') } });
    },
    answer: () => session.accept(options),
    dial(target) {
      session = new Inviter(agent, UserAgent.makeURI(target), options);
      follow(this);
      session.invite();
    },
    sendDtmf: (digit) => session.info({ requestOptions: { body: {
      contentDisposition: 'render', contentType: 'application/dtmf-relay', content: 'Signal=' + digit + '\\r\\nDuration=160',
    } } }),
    hangup: () => session.bye(),
  };`;

// The vendor's bundle as published; its file is the page's own script, like the guide says.
const vendor = `
  const client = new exotelSDK.ExotelWebClient();
  window.phone = {
    state: [],
    start({ url, user, domain, password }) {
      const { host, port, pathname } = new URL(url);
      const account = { userName: user, authUser: user, sipdomain: domain, domain: host, displayname: user,
        secret: password, port, security: 'ws', endpoint: pathname.slice(1) };
      client.initWebrtc(account,
        (state) => this.state.push(state),
        (call, event, caller) => this.state.push(event === 'incoming' ? 'incoming ' + caller : event === 'callEnded' ? 'ended' : event),
        () => {});
      client.DoRegister();
    },
    answer: () => client.getCall().Answer(),
    sendDtmf: (digit) => client.getCall().sendDTMF(digit),
    hangup: () => client.getCall().Hangup(),
  };`;

function vendorBundle(): string {
  const folder = join(require.resolve('@exotel-npm-dev/webrtc-client-sdk/package.json'), '..');
  return readFileSync(join(folder, 'dist', 'exotelsdk.js'), 'utf8');
}

describe('browser phones of other makers', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let site: PageServer;
  let admin: AdminApi;

  beforeAll(async () => {
    const page = (...scripts: string[]) =>
      `<!doctype html><link rel="icon" href="data:,">${scripts.map((path) => `<script src="${path}"></script>`).join('')}`;
    site = await PageServer.start({
      '/jssip': page('/jssip.js'),
      '/jssip.js': await bundlePageScript(jssip),
      '/sip-js': page('/sip-js.js'),
      '/sip-js.js': await bundlePageScript(sipJs),
      '/vendor': page('/exotelsdk.js', '/vendor.js'),
      '/exotelsdk.js': vendorBundle(),
      '/vendor.js': vendor,
    });
    // The vendor's SDK asks a public STUN server, whatever it is told: no name may be looked up from here.
    const args = ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz, args })]);
    admin = new AdminApi(server);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await server?.stop();
  });

  function account(user: BootstrapUser, overrides: Partial<{ domain: string; password: string; path: string }> = {}) {
    const { path = '/wss', domain = user.sip_domain, password = user.sip_password } = overrides;
    const url = `${server.baseUrl.replace('http', 'ws')}${path}`;
    return { url, user: user.sip_username, domain, password };
  }

  async function open(path: string): Promise<Driver> {
    return new Driver(await browser.openPage(`${site.origin}${path}`));
  }

  class Driver {
    constructor(readonly opened: TestPage) {}

    async run<M extends keyof Omit<ForeignPhone, 'state'>>(method: M, ...args: Parameters<ForeignPhone[M]>) {
      await this.opened.page.evaluate(
        ([name, values]) => {
          const { phone } = window as unknown as { phone: Record<string, (...args: unknown[]) => unknown> };
          phone[name as string]?.(...(values as unknown[]));
        },
        [method, args] as const,
      );
    }

    async expectState(text: string, timeoutMs = 10_000): Promise<void> {
      let seen: string[] = [];
      const read = () => this.opened.page.evaluate(() => (window as unknown as { phone: ForeignPhone }).phone.state);
      await eventually(
        async () => {
          seen = await read();
          return seen.some((entry) => entry.startsWith(text));
        },
        { timeoutMs, message: `the page to say "${text}"` },
      ).catch((error) => {
        throw new Error(`${error.message}; it said ${seen.join(', ')}; ${this.opened.errors.slice(-3).join(' | ')}`);
      });
    }
  }

  const from = '+911130000777';

  it.each([
    ['JsSIP', '/jssip', 'sip'],
    ['SIP.js', '/sip-js', 'sip'],
    ["the vendor's SDK, unmodified,", '/vendor', 'exotel'],
  ])('%s registers, takes a call, sends a digit, and is hung up on', async (_name, path, domainKind) => {
    const user = server.bootstrap.users[0] as BootstrapUser;
    const domain = domainKind === 'exotel' ? `${server.bootstrap.account.sid}.voip.exotel.com` : user.sip_domain;
    const phone = await open(path);
    await phone.run('start', account(user, { domain, path: domainKind === 'exotel' ? '/wss' : '/ws' }));
    await phone.expectState('registered');

    const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '', from });
    await phone.expectState(`incoming ${from}`);
    await phone.run('answer');
    await phone.expectState('connected');
    await expectPageTone(phone.opened.page, 800);
    const { id } = call;
    await admin.expectSimulated('the microphone', ({ hearing_hz }) => Math.abs((hearing_hz ?? 0) - micHz) < 20, { id });
    await phone.run('sendDtmf', '7');
    await admin.expectSimulated('the digit', ({ digits_heard }) => digits_heard === '7', { id });
    await admin.request('DELETE', `/api/v1/simulator/calls/${id}`);
    await phone.expectState('ended', 1000);
    await phone.opened.close();
  });

  it.each([
    ['JsSIP', '/jssip'],
    ['SIP.js', '/sip-js'],
  ])('%s calls a telephone and hangs up', async (_name, path) => {
    const user = server.bootstrap.users[1] as BootstrapUser;
    const phone = await open(path);
    await phone.run('start', account(user));
    await phone.expectState('registered');
    await phone.run('dial', `sip:${server.bootstrap.simulated_numbers.answer_tone}@${user.sip_domain}`);
    await phone.expectState('connected');
    await expectPageTone(phone.opened.page, 1000);
    await phone.run('hangup');
    await admin.expectSimulated('the end', ({ state, end }) => state === 'ended' && end?.by === 'intermix', {
      timeoutMs: 1000,
    });
    await phone.opened.close();
  });

  it("the vendor's SDK hangs up, and the telephone sees it", async () => {
    const user = server.bootstrap.users[0] as BootstrapUser;
    const phone = await open('/vendor');
    await phone.run('start', account(user));
    await phone.expectState('registered');
    const { id } = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '', from });
    await phone.expectState('incoming');
    await phone.run('answer');
    await phone.expectState('connected');
    await phone.run('hangup');
    await admin.expectSimulated('the end', ({ state, end }) => state === 'ended' && end?.by === 'intermix', {
      id,
      timeoutMs: 1000,
    });
    await phone.opened.close();
  });

  it('a wrong password is refused', async () => {
    const user = server.bootstrap.users[2] as BootstrapUser;
    const phone = await open('/jssip');
    await phone.run('start', account(user, { password: 'wrong' }));
    await phone.expectState('failed');
    expect(phone.opened.errors.filter((line) => line.startsWith('uncaught'))).toEqual([]);
    await phone.opened.close();
  });
});
