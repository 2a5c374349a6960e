// Shared by the tests of this folder; not exported from the package.
import { silentLogger } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { NameAddr } from '../../message/name-addr.js';
import { SipUri } from '../../message/uri.js';
import type { Flow, Resolver, SipProtocol } from '../../transport/flow.js';
import { LoopNetwork, type LoopTransportOptions } from '../../transport/loop-network.js';
import { Endpoint } from '../endpoint.js';
import type {
  EndpointOptions,
  IncomingInvite,
  InviteSession,
  OutgoingInvite,
  OutgoingInviteOptions,
  SessionEnd,
  SipFailure,
} from '../types.js';
import { ScriptedPeer } from './scripted-peer.js';

/** Repeatable "chance": bytes count up, fractions come from a small generator. */
export function seededRandom(seed = 42): { bytes(length: number): Uint8Array; fraction(): number } {
  let next = 0;
  let state = seed & 0x7fffffff;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(length - 4, ++next);
      bytes[0] = seed & 0xff;
      return bytes;
    },
    fraction() {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x80000000;
    },
  };
}

/** Takes hosts for addresses, but knows `carrier.example` to have two. */
export const loopResolver: Resolver & { asked: string[] } = {
  asked: [],
  async resolve(uri) {
    this.asked.push(uri.host);
    const protocol = (uri.transport?.toUpperCase() ?? 'UDP') as SipProtocol;
    const hosts = uri.host === 'carrier.example' ? ['10.0.0.8', '10.0.0.9'] : [uri.host];
    return hosts.map((host) => ({ protocol, address: { host, port: uri.port ?? 5060 } }));
  },
};

export const offerSdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
export const answerSdp = 'v=0\r\no=- 2 1 IN IP4 10.0.0.2\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n';

export interface World {
  clock: FakeClock;
  network: LoopNetwork;
  /** A started endpoint. */
  endpoint(
    host: string,
    options?: Partial<EndpointOptions>,
    transport?: Partial<LoopTransportOptions>,
  ): Promise<Endpoint>;
  /** A started peer whose every message is written by the test. */
  peer(host: string, transport?: Partial<LoopTransportOptions>): Promise<ScriptedPeer>;
  /** Lets `ms` of fake time pass, one millisecond by default: enough for messages to be delivered. */
  pass(ms?: number): Promise<void>;
}

export function makeWorld(): World {
  const clock = new FakeClock();
  const network = new LoopNetwork({ clock, random: seededRandom(7) });
  let seed = 1;
  return {
    clock,
    network,
    async endpoint(host, options = {}, transport = {}) {
      const endpoint = new Endpoint({
        transports: [network.transport({ host, ...transport })],
        resolver: loopResolver,
        clock,
        random: seededRandom(seed++),
        logger: silentLogger,
        userAgent: 'Intermix/test',
        ...options,
      });
      await endpoint.start();
      return endpoint;
    },
    async peer(host, transport = {}) {
      const peer = new ScriptedPeer(network.transport({ host, ...transport }));
      await peer.start();
      return peer;
    },
    pass: (ms = 1) => clock.advanceAsync(ms),
  };
}

export const aliceUri = NameAddr.parse('"Alice" <sip:alice@example.com>');
export const bobUri = NameAddr.parse('<sip:bob@example.com>');

/** Options of a call to an address on the loop network. */
export function callTo(host: string, more: Partial<OutgoingInviteOptions> = {}): OutgoingInviteOptions {
  const uri = SipUri.parse(`sip:bob@${host}:5060`);
  return { target: { uri }, from: aliceUri, to: bobUri, sdp: offerSdp, contactUser: 'alice', ...more };
}

/** What happens to an outgoing call, in words. */
export function watchCall(invite: OutgoingInvite): {
  events: string[];
  failure: SipFailure | undefined;
  session: InviteSession | undefined;
} {
  const seen: { events: string[]; failure: SipFailure | undefined; session: InviteSession | undefined } = {
    events: [],
    failure: undefined,
    session: undefined,
  };
  invite.on('progress', (progress) => seen.events.push(`progress ${progress.status} ${progress.remoteTag ?? '-'}`));
  invite.on('answered', (session) => {
    seen.events.push('answered');
    seen.session = session;
  });
  invite.on('failed', (failure) => {
    seen.events.push(`failed ${failure.cause} ${failure.status}`);
    seen.failure = failure;
  });
  return seen;
}

/** The ends of a session: one, or none yet. */
export function watchEnd(session: InviteSession): SessionEnd[] {
  const ends: SessionEnd[] = [];
  session.on('ended', (end) => ends.push(end));
  return ends;
}

/** The first INVITE that comes to an endpoint. */
export function nextInvite(endpoint: Endpoint): Promise<IncomingInvite> {
  return new Promise((resolve) => {
    const stop = endpoint.on('invite', (invite) => {
      stop();
      resolve(invite);
    });
  });
}

/** Alice calls Bob and both have a session. */
export async function makeCall(
  world: World,
  protocol: SipProtocol = 'UDP',
): Promise<{ alice: Endpoint; bob: Endpoint; caller: InviteSession; callee: InviteSession; flow: Flow }> {
  const alice = await world.endpoint('10.0.0.1');
  const bob = await world.endpoint('10.0.0.2');
  const sessions: InviteSession[] = [];
  bob.on('invite', (invite) => sessions.push(invite.accept({ sdp: answerSdp })!));
  const uri = SipUri.parse(`sip:bob@10.0.0.2;transport=${protocol.toLowerCase()}`);
  const invite = alice.invite(callTo('10.0.0.2', { target: { uri } }));
  const call = watchCall(invite);
  await world.pass();
  return { alice, bob, caller: call.session!, callee: sessions[0]!, flow: call.session!.flow };
}

/** True when nothing is left behind: no transaction, no dialog, no timer. */
export async function leftovers(world: World, ...endpoints: Endpoint[]): Promise<string[]> {
  await world.clock.runUntilIdleAsync();
  return endpoints.flatMap((endpoint) =>
    Object.entries(endpoint.counts)
      .filter(([name, count]) => name !== 'flows' && count > 0)
      .map(([name, count]) => `${count} ${name}`),
  );
}

/** A copy in which one to four octets are others, or a stretch is cut out. */
export function mutate(bytes: Uint8Array, random: { fraction(): number }): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = () => Math.floor(random.fraction() * copy.length);
  for (let time = 0; time <= random.fraction() * 4; time++) copy[at()] = Math.floor(random.fraction() * 256);
  if (random.fraction() < 0.7) return copy;
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
  return Uint8Array.from([...copy.subarray(0, from), ...copy.subarray(to)]);
}
