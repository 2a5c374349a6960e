import type { Random } from '@intermix/kernel';
import { silentLogger } from '@intermix/kernel';
import type { CodecName, MediaEngine } from '@intermix/media';
import {
  Endpoint,
  type LoopMessage,
  LoopNetwork,
  NameAddr,
  type Resolver,
  type SipResponse,
  SipUri,
} from '@intermix/sip';
import { FakeClock } from '@intermix/testkit';
import type { CallProgram } from '../control/call-control.js';
import type { RecordingControl } from '../ports/recording-control.js';
import { createSwitchboard, type Switchboard, type SwitchboardConfig } from '../switch/create-switchboard.js';
import { FakeMediaEngine } from './fake-media-engine.js';
import { MemoryCallStore } from './memory-call-store.js';
import { MemoryDirectory } from './memory-directory.js';
import { Phone } from './phone.js';

export const domain = 'acme.sip.test';

/** Numbers that look random and are the same in each run. */
export function seededRandom(seed = 1): Random {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    fraction: () => next() / 2 ** 32,
  };
}

/** Knows addresses only. */
const numericResolver: Resolver = {
  async resolve(uri) {
    const protocol = uri.transport?.toUpperCase() === 'TCP' ? 'TCP' : 'UDP';
    return [{ protocol, address: { host: uri.host, port: uri.port ?? 5060 } }];
  },
};

export interface BenchOptions {
  simulatedAddress?: { host: string; port: number };
  /** Another engine than the one without audio. */
  media?: MediaEngine;
  recordingControl?: RecordingControl;
}

/** A switch with true endpoints around it, on a network and a clock that a test moves. */
export class Bench {
  readonly clock = new FakeClock();
  readonly random = seededRandom();
  readonly network = new LoopNetwork({ clock: this.clock, random: this.random });
  readonly directory = new MemoryDirectory();
  readonly store = new MemoryCallStore();
  readonly engine = new FakeMediaEngine(this.random);
  readonly endpoint: Endpoint;
  readonly board: Switchboard;
  readonly phones: Phone[] = [];
  /** Programs by flow id. */
  readonly flows = new Map<string, CallProgram>();
  #nextHost = 10;

  constructor(config: Partial<SwitchboardConfig> = {}, options: BenchOptions = {}) {
    const { clock, random } = this;
    const { simulatedAddress, media = this.engine, recordingControl } = options;
    this.endpoint = new Endpoint({
      transports: [this.network.transport({ host: '10.0.0.1' })],
      resolver: numericResolver,
      clock,
      random,
      logger: silentLogger,
      userAgent: 'Intermix',
    });
    this.board = createSwitchboard({
      ...{ endpoint: this.endpoint, media, users: this.directory, carriers: this.directory },
      programs: { find: async (_, target) => this.flows.get(target.type === 'flow' ? target.flowId : target.botId) },
      ...{ calls: this.store, resolver: numericResolver, clock, random, logger: silentLogger },
      recordingControl,
      ...(simulatedAddress ? { simulatedAddress: () => simulatedAddress } : {}),
      config: { domains: ['sip.test'], ...config },
    });
  }

  /** Directory first, then this. */
  async start(): Promise<this> {
    await this.board.start();
    await this.endpoint.start();
    return this;
  }

  /** Lets everything happen that is due within the time. */
  async run(ms = 1): Promise<void> {
    await this.clock.advanceAsync(ms);
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.clock.advanceAsync(0);
  }

  /** A browser: a WebSocket from an address of its own. Not registered yet. */
  async browser(options: { codecs?: readonly CodecName[]; host?: string; port?: number } = {}): Promise<Phone> {
    const { network, clock, random } = this;
    const host = options.host ?? `192.0.2.${this.#nextHost++}`;
    const announce = `host${this.#nextHost++}.invalid`;
    const phone = new Phone({ network, clock, random, host, kind: 'webrtc', announce, ...pick(options) });
    this.phones.push(phone);
    await phone.endpoint.start();
    await phone.connect('WS');
    return phone;
  }

  /** A carrier's session border controller. */
  async carrier(options: { codecs?: readonly CodecName[]; host?: string } = {}): Promise<Phone> {
    const { network, clock, random } = this;
    const phone = new Phone({
      network,
      clock,
      random,
      host: options.host ?? '203.0.113.5',
      kind: 'rtp',
      ...pick(options),
    });
    this.phones.push(phone);
    await phone.endpoint.start();
    await phone.connect('UDP');
    return phone;
  }

  /** A registered browser of a user that is in the directory. */
  async registered(name: string, options: { codecs?: readonly CodecName[]; instance?: string } = {}): Promise<Phone> {
    const phone = await this.browser(options);
    const response = await this.register(phone, name, { contact: contactOf(phone, name, options.instance) });
    if (response.status !== 200) throw new Error(`REGISTER of ${name} got ${response.status}`);
    return phone;
  }

  async register(phone: Phone, name: string, options: RegisterOptions = {}): Promise<SipResponse> {
    const contact = options.contact ?? contactOf(phone, name);
    const aor = SipUri.parse(`sip:${name}@${options.domain ?? domain}`);
    const answer = phone.endpoint.request({
      method: 'REGISTER',
      target: { uri: SipUri.parse(`sip:${aor.host}`), flow: phone.flow! },
      from: NameAddr.create({ uri: aor }),
      to: NameAddr.create({ uri: aor }),
      contacts: [contact].flat(),
      headers: [
        ...(options.expires === undefined ? [] : [['Expires', String(options.expires)] as const]),
        ...(options.headers ?? []),
      ],
      credentials: { username: options.username ?? name, password: options.password ?? `secret-${name}` },
      ...(options.callId ? { callId: options.callId } : {}),
      ...(options.cseq ? { cseq: options.cseq } : {}),
    });
    return this.settled(answer);
  }

  /** Lets time pass until the promise has settled; at most a few milliseconds. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let i = 0; i < 20 && !isSettled; i++) await this.run();
    if (!isSettled) throw new Error('nothing came back');
    return promise;
  }

  /** Messages with this start of their first line, in order. */
  sent(start: string): LoopMessage[] {
    return this.network.messages.filter((message) => message.startLine.startsWith(start));
  }

  /** The record of the only call. */
  async record() {
    const all = [...this.store.calls.values()];
    if (all.length !== 1) throw new Error(`${all.length} calls on record`);
    const { call, legs, events } = all[0]!;
    return { call, legs: [...legs.values()], events: events.map((event) => event.type) };
  }

  /** Ends everything; gives what is left over, which should be nothing. */
  async close(): Promise<{ legs: number; dialogs: number; transactions: number; timers: number; active: number }> {
    await this.clock.advanceAsync(200_000);
    const stopped = this.board.stop();
    await this.clock.advanceAsync(70_000);
    await stopped;
    const { dialogs, clientTransactions, serverTransactions } = this.endpoint.counts;
    await this.endpoint.stop();
    for (const phone of this.phones) await phone.endpoint.stop();
    await this.clock.advanceAsync(70_000);
    return {
      legs: this.engine.counts.legs,
      dialogs,
      transactions: clientTransactions + serverTransactions,
      timers: this.clock.pendingTimers,
      active: this.board.switch.listActive().length,
    };
  }
}

export const nothingLeft = { legs: 0, dialogs: 0, transactions: 0, timers: 0, active: 0 };

export interface RegisterOptions {
  domain?: string;
  contact?: string | readonly string[];
  expires?: number;
  headers?: ReadonlyArray<readonly [string, string]>;
  username?: string;
  password?: string;
  callId?: string;
  cseq?: number;
}

/** A Contact as JsSIP writes it with an instance, and as SIP.js does without. */
export function contactOf(phone: Phone, name: string, instance?: string): string {
  const host = phone.transport.sentBy(phone.flow!).host;
  const contact = `<sip:${name}-dev@${host};transport=ws>`;
  return instance ? `${contact};reg-id=1;+sip.instance="<urn:uuid:${instance}>"` : contact;
}

function pick(options: { codecs?: readonly CodecName[]; port?: number }) {
  const { codecs, port } = options;
  return { ...(codecs ? { codecs } : {}), ...(port ? { port } : {}) };
}
