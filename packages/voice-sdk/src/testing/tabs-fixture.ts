import { type Clock, systemRandom, type Timer } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import type { VoiceClient } from '../client/voice-client.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import { ExotelWebClient } from '../compat/exotel-web-client.js';
import { FakeChannels } from './fake-channels.js';
import { FakeLocks } from './fake-locks.js';
import { FakePlatform } from './fake-platform.js';
import { FakeSipNetwork, type FakeWebSocket } from './fake-web-socket.js';
import { DOMAIN, makeClient, PASSWORD, settle, TestServer } from './page-fixture.js';

/** The clock of one tab: a frozen one's timers wait until it is thawed, a dead one's never fire. */
class TabClock implements Clock {
  state: 'running' | 'frozen' | 'dead' = 'running';
  readonly #clock: Clock;
  readonly #due: Array<() => void> = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(delayMs: number, fire: () => void): Timer {
    let cancelled = false;
    const run = () => {
      if (cancelled || this.state === 'dead') return;
      if (this.state === 'frozen') this.#due.push(run);
      else fire();
    };
    const timer = this.#clock.schedule(delayMs, run);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  thaw(): void {
    this.state = 'running';
    for (const run of this.#due.splice(0)) run();
  }
}

/** One tab of the profile. */
export class FakeTab {
  readonly clock: TabClock;
  readonly platform: FakePlatform;
  readonly #profile: FakeProfile;
  readonly #sockets: FakeWebSocket[] = [];

  constructor(profile: FakeProfile) {
    this.#profile = profile;
    this.clock = new TabClock(profile.clock);
    this.platform = new FakePlatform({ clock: this.clock, random: systemRandom, network: profile.network });
    this.platform.profileStored = profile.stored;
    this.platform.locks = profile.locks.forTab(this);
    this.platform.channels = (name) => profile.channels.open(name, this) as unknown as BroadcastChannel;
    const create = this.platform.createWebSocket.bind(this.platform);
    this.platform.createWebSocket = (url, protocol) => {
      const socket = create(url, protocol);
      this.#sockets.push(socket as unknown as FakeWebSocket);
      return socket;
    };
  }

  client(options: Partial<VoiceClientOptions> = {}): VoiceClient {
    return makeClient({ ...this.#profile, platform: this.platform }, options);
  }

  /** The Exotel-shaped face; everything that its callbacks hear is in `heard`. */
  exotel(more: Record<string, unknown> = {}): { phone: ExotelWebClient; heard: string[] } {
    const heard: string[] = [];
    const phone = new ExotelWebClient(this.platform);
    phone.initWebrtc(
      {
        userName: 'priya',
        sipdomain: DOMAIN,
        domain: '127.0.0.1:8080',
        secret: PASSWORD,
        port: 1,
        security: 'ws',
        ...more,
      },
      (state) => heard.push(`register ${state}`),
      (_call, event, from) => heard.push(`call ${event} ${from}`),
      (state, from) => state.startsWith('ice_') || heard.push(`session ${state} ${from}`),
    );
    return { phone, heard };
  }

  /** WebSockets that this tab has open to the server. */
  get openSockets(): FakeWebSocket[] {
    return this.#sockets.filter((socket) => !socket.closed);
  }

  /** The person closes the tab. */
  close(): void {
    this.platform.page('pagehide');
    this.crash();
  }

  /** The process dies: no code of the page runs any more. */
  crash(): void {
    this.clock.state = 'dead';
    this.#profile.channels.crash(this);
    this.#profile.locks.crash(this);
    for (const socket of this.openSockets) {
      socket.onclose = socket.onmessage = null;
      socket.close();
    }
  }

  /** Stops as a debugger stops a page, or as a hung script does: nothing is told beforehand. */
  hang(): void {
    this.clock.state = 'frozen';
    this.#profile.channels.freeze(this);
    this.#profile.locks.freeze(this);
  }

  /** As the browser freezes a page: its `freeze` event comes first. */
  async freeze(): Promise<void> {
    this.platform.page('freeze');
    await settle();
    this.hang();
  }

  thaw(): void {
    this.clock.thaw();
    this.#profile.channels.thaw(this);
    this.#profile.locks.thaw(this);
    this.platform.page('resume');
  }
}

/** A browser profile whose tabs are the same user at one SIP server. */
export class FakeProfile {
  readonly clock = new FakeClock();
  readonly network = new FakeSipNetwork();
  readonly locks = new FakeLocks();
  readonly channels = new FakeChannels();
  readonly stored = new Map<string, string>();
  readonly server = new TestServer(this.clock, this.network);

  static async start(): Promise<FakeProfile> {
    await import('../tabs/part.js'); // Loading it takes real time, which the fake clock does not pass.
    const profile = new FakeProfile();
    await profile.server.endpoint.start();
    return profile;
  }

  openTab(): FakeTab {
    return new FakeTab(this);
  }

  /** Moves time, with the promises, messages and module loads in between. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left >= 0; left -= 50) {
      await ran();
      await this.clock.advanceAsync(Math.min(50, left));
    }
    await ran();
  }

  /** Registrations that the server was asked for, removals apart. */
  get registers(): string[] {
    return this.network
      .sentByPage('REGISTER')
      .filter((text) => /^Contact:/m.test(text) && !/^Expires: 0\r/m.test(text));
  }

  get removals(): string[] {
    return this.network.sentByPage('REGISTER').filter((text) => /^Expires: 0\r/m.test(text));
  }
}

/** Lets promises run dry, and a part that is being loaded arrive. */
async function ran(): Promise<void> {
  await settle();
  await new Promise((resolve) => setImmediate(resolve));
  await settle();
}
