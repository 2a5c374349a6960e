import { silentLogger, systemRandom } from '@intermix/kernel';
import {
  DigestServer,
  Endpoint,
  type IncomingInvite,
  type IncomingRequest,
  type InviteSession,
  NameAddr,
  type OutgoingInvite,
  SipUri,
} from '@intermix/sip';
import { FakeClock } from '@intermix/testkit';
import { VoiceClient } from '../client/voice-client.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import { parts } from '../parts.js';
import { FakePlatform } from './fake-platform.js';
import { FakeSipNetwork } from './fake-web-socket.js';

export const PASSWORD = 'correct horse battery';
export const DOMAIN = 'acme.intermix.local';

/** SDP of a server that is ICE-lite and has one host candidate, as ours. */
export function serverSdp(direction = 'sendrecv', telephoneEvent = true): string {
  return `${[
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'm=audio 40000 UDP/TLS/RTP/SAVPF 111 0 8 101',
    'c=IN IP4 127.0.0.1',
    'a=rtpmap:111 opus/48000/2',
    ...(telephoneEvent ? ['a=rtpmap:101 telephone-event/8000'] : []),
    `a=${direction}`,
  ].join('\r\n')}\r\n`;
}

/** What the server does with a REGISTER; the default checks the password and grants what was asked. */
export type Registrar = (request: IncomingRequest) => void;

/** A SIP server, the real engine, at the other end of the page's fake sockets. */
export class TestServer {
  readonly endpoint: Endpoint;
  readonly digest: DigestServer;
  /** Granted bindings by contact user: Contact value. */
  contact: string | undefined;
  instance: string | undefined;
  readonly invites: IncomingInvite[] = [];
  grantedSec: number | undefined;
  registrar: Registrar = (incoming) => this.#register(incoming);
  readonly #network: FakeSipNetwork;

  constructor(clock: FakeClock, network: FakeSipNetwork) {
    this.#network = network;
    this.endpoint = new Endpoint({
      transports: [network],
      clock,
      random: systemRandom,
      logger: silentLogger,
      userAgent: 'test-server',
    });
    this.digest = new DigestServer({
      realm: DOMAIN,
      secret: 'nonce key',
      // Whole milliseconds, as Date.now() gives them: a refresh is due at a fraction of one.
      clock: { now: () => Math.floor(clock.now()), schedule: (delayMs, fire) => clock.schedule(delayMs, fire) },
      random: systemRandom,
      lookup: (username) => (username === 'priya' ? { password: PASSWORD } : undefined),
    });
    this.endpoint.on('request', (incoming) => {
      if (incoming.request.method === 'REGISTER') this.registrar(incoming);
    });
    this.endpoint.on('invite', (invite) => this.invites.push(invite));
  }

  /** Calls the page over its newest connection. */
  call(
    options: { from?: string; headers?: ReadonlyArray<readonly [string, string]>; sdp?: string | null } = {},
  ): OutgoingInvite {
    const flow = this.#network.openSockets.at(-1)?.server;
    if (!flow || !this.contact) throw new Error('the page is not registered');
    const uri = NameAddr.parse(this.contact).uri as SipUri;
    return this.endpoint.invite({
      target: { uri, flow },
      from: NameAddr.parse(options.from ?? '"+919876543210" <sip:+919876543210@acme.intermix.local>'),
      to: NameAddr.create({ uri: SipUri.create({ user: 'priya', host: DOMAIN }) }),
      ...(options.sdp === null ? {} : { sdp: options.sdp ?? serverSdp() }),
      headers: options.headers ?? [
        ['X-Exotel-CallSid', 'c0ffee'],
        ['LegSid', 'leg_1'],
      ],
    });
  }

  /** Refuses or accepts a REGISTER by status alone. */
  answerRegister(status: number, headers: ReadonlyArray<readonly [string, string]> = []): void {
    this.registrar = (incoming) => incoming.respond(status, { headers });
  }

  #register(incoming: IncomingRequest): void {
    const verdict = this.digest.check(incoming.request, 401);
    if (verdict instanceof Promise) throw new Error('the look-up is synchronous');
    if (!verdict.ok) {
      incoming.respond(401, { headers: this.digest.challengeAfter(verdict.why, 401) });
      return;
    }
    const [contact] = incoming.request.contacts === '*' ? [] : incoming.request.contacts;
    if (!contact) {
      incoming.respond(200); // A question for the bindings, RFC 3261 §10.2.3.
      return;
    }
    const asked = Number(contact.params.get('expires') ?? incoming.request.headers.get('Expires'));
    this.instance = contact.params.get('+sip.instance');
    this.contact = asked === 0 ? undefined : `<${contact.uri.toString()}>`;
    const granted = this.grantedSec ?? asked;
    incoming.respond(200, { contacts: asked === 0 ? [] : [`${this.contact};expires=${granted}`] });
  }
}

/** Lets promises and the fake wire run dry; moves no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
}

export interface Page {
  clock: FakeClock;
  network: FakeSipNetwork;
  platform: FakePlatform;
  server: TestServer;
}

export async function makePage(): Promise<Page> {
  await Promise.all(Object.values(parts).map((load) => load())); // Loaded once, they come within `settle()` afterwards.
  const clock = new FakeClock();
  const network = new FakeSipNetwork();
  const platform = new FakePlatform({ clock, random: systemRandom, network });
  const server = new TestServer(clock, network);
  await server.endpoint.start();
  return { clock, network, platform, server };
}

export function makeClient(page: Page, options: Partial<VoiceClientOptions> = {}): VoiceClient {
  return new VoiceClient({
    serverUrl: 'ws://127.0.0.1:8080/wss',
    username: 'priya',
    password: PASSWORD,
    domain: DOMAIN,
    displayName: 'Priya',
    platform: page.platform,
    ...options,
  });
}

/** A page with a registered client. */
export async function registeredPage(
  options: Partial<VoiceClientOptions> = {},
): Promise<Page & { client: VoiceClient }> {
  const page = await makePage();
  const client = makeClient(page, options);
  await client.register();
  return { ...page, client };
}

/** The server's session of a call that the page answers. */
export function answeredSession(invite: OutgoingInvite): Promise<InviteSession> {
  return new Promise((resolve) => invite.on('answered', (session) => resolve(session)));
}

/** Moves time in steps, with promises in between, as a browser would. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  await settle();
  await clock.advanceAsync(ms);
  await settle();
}
