import { Fork, type Leg } from './fork.js';
import type { TabMessage, TabWord } from './messages.js';
import { grant, isRemoval, readHead, type SipHead, withoutContacts } from './sip-text.js';
import type { TrunkTap } from './trunk.js';

/** The registering tab's own engine, among the tabs. */
const SELF: Leg = '';
/** More calls than a person has in a day; the oldest is forgotten, and goes to where it is asked for. */
const MAX_CALLS = 500;
const MAX_TABS = 50;

export interface SwitchboardDeps {
  post(word: TabWord): void;
  /** To the server, over this tab's connection. */
  write(text: string): void;
  /** To this tab's own engine; `quiet`: an INVITE for which another tab rings aloud. */
  deliver(text: string, quiet?: boolean): void;
  /** This tab rings aloud from now on, in the place of another. */
  aloud(callId: string): void;
  /** Whether this tab is registered: others are served only then, and when it has gone offline, for their calls. */
  registered(): boolean;
  /** False when this tab has gone offline, and is connected for the sake of calls alone. */
  wanted(): boolean;
  /** Another tab registers from now on. */
  stepDown(): void;
  /** What the server told when it registered this tab; the others' calls need the same. */
  iceServers(): readonly RTCIceServer[];
  /** True when this tab is in front: then it is the one that rings. */
  visible(): boolean;
  /** Which tab holds the call, when this tab was not there as it began. */
  ownerOf(callId: string): string | undefined;
  answered(callId: string, by: Leg): void;
}

interface Served {
  page: string | undefined;
  socket: string;
  candidate: boolean;
  rings: boolean;
  visible: boolean;
  opened: boolean;
  /** Its REGISTER that the server judges now, and by what its answer is known. */
  asking: { branch: string; text: string } | undefined;
}

/**
 * The registering tab as a small proxy for the other tabs of its profile: each has a whole SIP engine of its own, with
 * its own calls and audio, and all share this tab's connection and registration. Messages go by Call-ID.
 */
export class Switchboard implements TrunkTap {
  readonly #deps: SwitchboardDeps;
  readonly #tabs = new Map<string, Served>();
  readonly #owners = new Map<string, Leg>();
  readonly #forks = new Map<string, Fork>();
  readonly #silent = new Set<Leg>();
  /** Tabs whose password the server has taken. */
  readonly #proved = new Set<string>();

  constructor(deps: SwitchboardDeps) {
    this.#deps = deps;
  }

  /** True when a tab of another page than this would register if this one did not. */
  hasHeirs(page: string): boolean {
    return [...this.#tabs.values()].some((tab) => tab.candidate && tab.page !== page);
  }

  /** A tab's connection, or a message over it. */
  receive(message: TabMessage): void {
    if (message.kind === 'open') this.#open(message);
    else if (message.kind === 'close') this.#leave(message.from, message.socket);
    else if (message.kind === 'bye') this.#leave(message.from);
    else if (message.kind === 'silent') this.silent(message.from);
    else if (message.kind === 'up') this.#fromTab(message.from, message.socket, message.text);
  }

  /** The registration came up, and whoever waits is served; or it is lost. */
  registrationChanged(): void {
    if (!this.#deps.registered()) this.#closeAll();
    else for (const [tab, served] of this.#tabs) this.#welcome(tab, served);
  }

  // --- Messages ---------------------------------------------------------------------------------------------------

  received(data: unknown): void {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer);
    const head = readHead(text);
    const fork = head && this.#forks.get(head.callId);
    if (!head)
      this.#deps.deliver(text); // A keep-alive, or something that the engine has to judge.
    else if (this.#judged(head, text)) return;
    else if (head.method === 'INVITE' && head.toTag === undefined) this.#ring(head, text);
    else if (head.method === 'CANCEL' && fork?.owns(head)) fork.cancel(text);
    else this.#down(this.#ownerOf(head, fork), text);
  }

  sending(text: string): void {
    this.#fromEngine(SELF, text);
  }

  #fromTab(tab: string, socket: string, text: string): void {
    const served = this.#tabs.get(tab);
    if (!served?.opened || served.socket !== socket) return;
    if (!text.startsWith('REGISTER ')) this.#fromEngine(tab, text);
    else if (served.candidate && !this.#deps.wanted()) this.#deps.stepDown();
    else this.#register(tab, served, text);
  }

  /**
   * A tab is served while this one is registered, so that is what it hears of its own registration. Before, the server is
   * asked once whether its password is good: by a REGISTER without Contact, which changes nothing (RFC 3261 §10.2.3).
   */
  #register(tab: string, served: Served, text: string): void {
    const head = readHead(text);
    if (head && !isRemoval(text) && !this.#mayRing(tab, served)) {
      served.asking = { branch: head.branch, text };
      this.#deps.write(withoutContacts(text));
    } else this.#grant(tab, text);
  }

  #grant(tab: string, register: string): void {
    this.#down(tab, grant(register, this.#deps.iceServers()));
  }

  /** The server's word on a tab's REGISTER; true when it was one. */
  #judged(head: SipHead, text: string): boolean {
    if (head.cseqMethod !== 'REGISTER' || head.status === undefined) return false;
    for (const [tab, { asking }] of this.#tabs) {
      if (asking?.branch !== head.branch) continue;
      if (head.status < 200 || head.status >= 300) this.#down(tab, text);
      else {
        this.#proved.add(tab);
        this.#grant(tab, asking.text);
      }
      return true;
    }
    return false;
  }

  /** One that only listens has no registration to prove. */
  #mayRing(tab: string, { candidate }: Served): boolean {
    return !candidate || this.#proved.has(tab);
  }

  #fromEngine(leg: Leg, text: string): void {
    const head = readHead(text);
    const fork = head && this.#forks.get(head.callId);
    if (head?.status !== undefined && fork?.owns(head)) {
      fork.respond(leg, head, text);
      return;
    }
    if (head?.method !== undefined && leg !== SELF) this.#own(head.callId, leg);
    this.#deps.write(text);
  }

  #ownerOf(head: SipHead, fork: Fork | undefined): Leg {
    if (head.method === 'ACK' && fork?.owns(head)) return fork.settledBy ?? SELF;
    return this.#owners.get(head.callId) ?? this.#knownOwner(head.callId);
  }

  #knownOwner(callId: string): Leg {
    const owner = this.#deps.ownerOf(callId);
    return owner !== undefined && this.#tabs.has(owner) ? owner : SELF;
  }

  #own(callId: string, leg: Leg): void {
    this.#owners.delete(callId);
    this.#owners.set(callId, leg);
    forgetOldest(this.#owners);
  }

  // --- A new call -------------------------------------------------------------------------------------------------

  #ring(head: SipHead, text: string): void {
    const tabs = [...this.#tabs].filter(([tab, served]) => served.opened && served.rings && this.#mayRing(tab, served));
    const inFront = tabs.filter(([, served]) => served.visible);
    const tabIds = [...inFront, ...tabs].map(([tab]) => tab);
    const inOrder = this.#deps.visible() || !inFront[0] ? [SELF, ...tabIds] : [...tabIds, SELF];
    // The tab in front, before one that may make no sound; those are asked last.
    const legs = new Set(inOrder.sort((one, other) => Number(this.#silent.has(one)) - Number(this.#silent.has(other))));
    const [ringer] = legs;
    const fork = new Fork(text, head, legs, {
      up: (message) => this.#deps.write(message),
      down: (leg, message) => this.#down(leg, message),
      answered: (by) => this.#answered(head.callId, by),
      aloud: (leg) => this.#aloud(leg, head.callId),
    });
    this.#forks.set(head.callId, fork);
    forgetOldest(this.#forks);
    for (const [tab] of tabs) this.#down(tab, text, tab !== ringer);
    this.#deps.deliver(text, ringer !== SELF);
  }

  #aloud(leg: Leg, callId: string): void {
    if (leg === SELF) this.#deps.aloud(callId);
    else this.#deps.post({ kind: 'aloud', to: leg, callId });
  }

  /** The browser plays no sound in this tab before a click or a key. */
  silent(leg: Leg = SELF): void {
    this.#silent.add(leg);
    for (const fork of this.#forks.values()) fork.silent(leg);
  }

  #answered(callId: string, by: Leg): void {
    this.#own(callId, by);
    this.#deps.answered(callId, by);
  }

  #down(leg: Leg, text: string, quiet = false): void {
    const served = this.#tabs.get(leg);
    // For a tab that is gone this engine answers that it knows no such call.
    if (!served) this.#deps.deliver(text);
    else this.#deps.post({ kind: 'down', to: leg, socket: served.socket, text, quiet });
  }

  // --- Tabs -------------------------------------------------------------------------------------------------------

  #open(message: Extract<TabMessage, { kind: 'open' }>): void {
    const { from, page, socket, candidate, rings, visible } = message;
    this.#silent.delete(from);
    const before = this.#tabs.get(from);
    if (!before && this.#tabs.size >= MAX_TABS) return;
    const known = before?.socket === socket ? before : undefined; // It says anew what it wants.
    const [opened, asking] = [known?.opened === true, known?.asking];
    const served = { page, socket, candidate, rings, visible, opened, asking };
    this.#tabs.set(from, served);
    if (this.#deps.registered()) this.#welcome(from, served);
  }

  #welcome(tab: string, served: Served): void {
    if (served.opened) return;
    served.opened = true;
    this.#deps.post({ kind: 'opened', to: tab, socket: served.socket });
  }

  #leave(tab: string, socket?: string): void {
    const served = this.#tabs.get(tab);
    if (!served || (socket !== undefined && served.socket !== socket)) return;
    this.#tabs.delete(tab);
    this.#silent.delete(tab);
    this.#proved.delete(tab);
    for (const fork of this.#forks.values()) fork.drop(tab);
  }

  /** The server is out of reach: the tabs learn it as a lost connection, and come back when it is there again. */
  #closeAll(): void {
    for (const [tab, served] of this.#tabs) {
      if (served.opened) this.#deps.post({ kind: 'close', to: tab, socket: served.socket });
      served.opened = false;
      served.asking = undefined;
    }
    this.#forks.clear();
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= MAX_CALLS) return;
  const [oldest] = map.keys();
  map.delete(oldest as string);
}
