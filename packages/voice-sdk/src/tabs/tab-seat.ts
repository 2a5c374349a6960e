import { createId, type Logger } from '@intermix/kernel';
import type { CallSnapshot } from '../call/call-types.js';
import type { CallServices, VoiceCall } from '../call/voice-call.js';
import type { RegistrationKeeper } from '../client/registration-keeper.js';
import type { Platform } from '../platform.js';
import type { WebSocketTransport } from '../transport/websocket-transport.js';
import { TabGroup } from './tab-group.js';

/** `one-registration`: the tabs of a browser profile share one. `each-registers`: they know nothing of one another. */
export type TabMode = 'one-registration' | 'each-registers';

/** `leading`: this tab registers. `following`: another one does, and serves this one. `alone`: neither. */
export type TabRole = 'alone' | 'leading' | 'following';

/** What the clients of one page share: they go together, so that none of them is another's heir. */
const pages = new WeakMap<object, string>();

function pageOf({ locks, random }: Platform): string {
  const page = (locks && pages.get(locks)) ?? createId('', 8, random);
  if (locks) pages.set(locks, page);
  return page;
}

/** Who goes offline and is gone this soon has left the page, and no more. */
const LEAVING_MS = 1_000;

/** The lock, while this tab has it. */
interface Lease {
  release(): void;
}

/** What the tabs need of the client. */
export interface TabClient {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly transport: WebSocketTransport;
  readonly registration: RegistrationKeeper;
  readonly services: CallServices;
  readonly calls: ReadonlySet<VoiceCall>;
  readonly VoiceCall: typeof VoiceCall;
  callAdded(told: (call: VoiceCall) => void): () => void;
  /** Told when the browser wants a gesture before the phone rings. */
  soundBlocked(told: () => void): () => void;
  aloud(callId: string): void;
  add(call: VoiceCall): void;
  takeUp(snapshot: CallSnapshot): Promise<VoiceCall>;
  roleChanged(role: TabRole): void;
  register(): void;
  /** The person went offline in another tab. */
  signedOut(): void;
  /** The tab that registered is gone: this one registers, or its page may now ask for it. */
  reRegister(): void;
}

/**
 * This tab among those of the browser profile that are the same SIP user at the same server. Whoever holds the lock
 * registers; all else that the tabs have to do with one another begins with the first word of another one.
 */
export class TabSeat {
  readonly tabId: string;
  readonly page: string;
  readonly client: TabClient;
  /** That of the lock and of the channel. */
  readonly name: string;
  /** Call-ID of an INVITE that is being delivered, and for which another tab rings aloud. */
  readonly quiet = new Set<string>();
  /** The WebSocket, while this tab registers. */
  socket: WebSocket | undefined;
  /** True when this tab is to register as soon as it may. */
  candidate = false;
  /** True when the page wants to hear of calls without registering. */
  listening = false;
  /** True when another tab took the phone offline: this one registers again when one does. */
  dormant = false;
  /** The tab that took it offline. */
  #dormantBy: string | undefined;
  #signedOutAt = Number.NEGATIVE_INFINITY;
  #role: TabRole = 'alone';
  #channel: BroadcastChannel | undefined;
  #group: TabGroup | undefined;
  #lease: Lease | undefined;
  #seating: Promise<void> | undefined;

  constructor(client: TabClient, name: string) {
    this.client = client;
    this.name = name;
    this.tabId = createId('', 8, client.platform.random);
    this.page = pageOf(client.platform);
  }

  get role(): TabRole {
    return this.#role;
  }

  /** True when the tab that registers lets this one hear of calls. */
  get served(): boolean {
    return this.#role === 'following' && this.listening;
  }

  /** True when incoming calls are to be told here. */
  get rings(): boolean {
    return this.candidate || this.listening;
  }

  /** True when another page is there to register in this one's place. */
  get hasHeirs(): boolean {
    return this.#role === 'leading' && this.#group?.hasHeirs === true;
  }

  /** The page goes away: gives its calls to the others as they stand. False when nobody is there to go on with them. */
  passOn(): boolean {
    return this.#group?.passOn() === true;
  }

  /** Finds out who registers; until then this tab opens no connection. Undefined where there is nothing to find out. */
  sit(): Promise<void> | undefined {
    this.dormant = false;
    if (this.candidate || !this.#join()) return this.#seating;
    this.candidate = true;
    this.#group?.told();
    if (this.#role === 'leading') return undefined; // Still, for its calls.
    const asked = this.ask({ ifAvailable: true });
    this.#seating = asked
      // It may have the lead by an older question of its own.
      .then((leads) => (leads || !this.candidate || this.#lease ? undefined : this.#follow()))
      .finally(() => {
        this.#seating = undefined;
      });
    return this.#seating;
  }

  /** Hears of calls, and may take them, as long as another tab registers; does not register itself. */
  listen(): void {
    this.listening = true;
    this.#wait();
  }

  /** The person goes offline, and so in all tabs: the phone is one. */
  signOut(): void {
    const isOne = this.#role === 'leading' || this.client.registration.registered;
    this.candidate = this.dormant = false;
    this.#group?.told();
    if (!isOne) return;
    this.post({ kind: 'offline' });
    this.#signedOutAt = this.client.platform.clock.now();
  }

  /** The page goes away. Many a page calls `UnRegister()` as it is left (`beforeunload`), and means itself alone. */
  pageGone(): void {
    const sinceMs = this.client.platform.clock.now() - this.#signedOutAt;
    if (sinceMs < LEAVING_MS && this.#join()) this.post({ kind: 'left' });
    this.leave();
  }

  /** That tab has not gone offline, its page was left: the phone goes on here. */
  left(tab: string): void {
    if (this.dormant && this.#dormantBy === tab) this.client.register();
  }

  /** The person went offline in another tab. One that is only about to register comes after that. */
  signedOut(by: string): void {
    if (!this.candidate || this.#seating) return;
    this.#dormantBy = by;
    this.candidate = false;
    this.dormant = true;
    this.#group?.told();
    this.client.signedOut();
  }

  /** Nothing is registered and nobody is talked to: lets go of the lead, and of the others unless it waits for them. */
  rest(): void {
    const { dormant } = this;
    if (this.#role !== 'following' || !dormant) this.leave();
    this.dormant = dormant;
    if (this.listening || dormant) this.#wait();
  }

  /** Asks for the lead. Resolves with true when this tab has it, with false when it is refused or taken back. */
  ask(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let lease: Lease | undefined;
      const held = this.client.platform.locks?.request(this.name, options, (lock) => {
        if (!lock || !this.candidate) return resolve(false);
        return new Promise<void>((release) => {
          lease = { release };
          this.#lead(lease);
          if (!options.ifAvailable) this.client.reRegister(); // It had been another tab's.
          resolve(true);
        });
      });
      held?.catch(() => {
        resolve(false);
        if (lease && lease === this.#lease) this.stepDown();
      });
    });
  }

  /** Lets another tab register, without a word to the server; this tab's calls go on through that one. */
  stepDown(): void {
    if (this.#role !== 'leading') return;
    this.#release();
    this.#follow();
  }

  /** Leaves the other tabs to themselves. */
  leave(): void {
    this.candidate = this.dormant = false;
    if (!this.#channel) return;
    this.post({ kind: 'bye' });
    const [channel, group] = [this.#channel, this.#group];
    this.#channel = this.#group = undefined; // First: the calls of other tabs end here, and may lead back.
    group?.close();
    channel.close();
    this.#release();
    this.#become('alone');
  }

  /** Throws when the word cannot be copied to another tab. */
  post(word: object): void {
    this.#channel?.postMessage({ ...word, from: this.tabId, page: this.page });
  }

  /** The connection of this tab: to the server, or to the tab that registers. */
  createWebSocket(url: string, protocol: string): WebSocket {
    if (this.#role === 'following') return this.#others.openSocket();
    const real = this.client.platform.createWebSocket(url, protocol);
    if (this.#role !== 'leading') return real;
    this.socket = real;
    return this.#group?.tapped(real) ?? real;
  }

  #join(): boolean {
    if (this.#channel) return true;
    const { platform } = this.client;
    const channel = platform.createChannel(this.name);
    if (channel) channel.onmessage = (event) => this.#hear(event.data);
    this.#channel = channel;
    return channel !== undefined;
  }

  /** What there is to do with the other tabs; a tab that is alone never asks. */
  get #others(): TabGroup {
    this.#group ??= new TabGroup(this);
    return this.#group;
  }

  #hear(data: unknown): void {
    this.#others.receive(data);
  }

  #wait(): void {
    if (this.#role === 'alone' && !this.#seating && this.#join()) this.#follow();
  }

  #lead(lease: Lease): void {
    this.#lease = lease;
    const wasAlone = this.#role === 'alone';
    this.#become('leading');
    if (wasAlone) this.client.transport.reconnect('this tab registers for others'); // One they could not be served by.
    this.post({ kind: 'leader' });
    this.#group?.leads();
  }

  #follow(): void {
    const wasFollowing = this.#role === 'following';
    this.#become('following');
    if (!wasFollowing) this.client.transport.reconnect('another tab registers');
    this.#others.follows();
  }

  #release(): void {
    const lease = this.#lease;
    this.#lease = undefined;
    lease?.release();
  }

  #become(role: TabRole): void {
    if (this.#role === role) return;
    this.#role = role;
    this.socket = undefined;
    this.client.roleChanged(role);
  }
}
