import { createId } from '@intermix/kernel';
import { CallBoard } from './call-board.js';
import { ChannelSocket } from './channel-socket.js';
import { LeaderWatch } from './leader-watch.js';
import { readMessage, type TabMessage, type TabWord } from './messages.js';
import { Switchboard } from './switchboard.js';
import { TabLocks } from './tab-locks.js';
import type { TabSeat } from './tab-seat.js';
import { Trunk } from './trunk.js';

/** How long a tab that only listens waits for another to register before it tells its page. */
const HEIR_WAIT_MS = 300;

/**
 * The tabs of one browser profile that are the same SIP user:
 *
 *   following ──lock granted: the leader closed or crashed; or taken from one that fell silent──► leading
 *       ◄────────────lock taken away, page frozen────────────────────────────────────────────────────┘
 */
export class TabGroup {
  readonly #seat: TabSeat;
  readonly #board: CallBoard;
  readonly #watch: LeaderWatch;
  readonly #stops: Array<() => void> = [];
  #switchboard: Switchboard | undefined;
  #trunk: Trunk | undefined;
  #socket: ChannelSocket | undefined;
  #queue: AbortController | undefined;
  /** The tab that registers, as far as this one has heard of it. */
  #leader: string | undefined;
  #leaderPage: string | undefined;
  /** True when it has not gone offline on purpose: then its place is to be taken. */
  #isMissed = false;
  #isFrozen = false;

  constructor(seat: TabSeat) {
    this.#seat = seat;
    const { client } = seat;
    const locks = new TabLocks(client.platform.locks, seat.name);
    this.#board = new CallBoard({
      tabId: seat.tabId,
      services: client.services,
      VoiceCall: client.VoiceCall,
      calls: client.calls,
      add: (call) => client.add(call),
      takeUp: (snapshot) => client.takeUp(snapshot),
      takesOver: () => seat.role === 'leading' && client.registration.registered,
      logger: client.logger,
      post: (word) => this.#post(word),
      watchTab: (tabId, gone) => locks.watch(tabId, gone),
    });
    this.#stops.push(
      locks.hold(seat.tabId),
      client.callAdded((call) => this.#board.watch(call)),
    );
    this.#watch = new LeaderWatch({
      clock: client.platform.clock,
      ping: () => this.#post({ kind: 'ping' }),
      silent: () => this.#leaderSilent(),
    });
    this.#listen();
    if (seat.role === 'leading') this.leads();
  }

  get hasHeirs(): boolean {
    return this.#switchboard?.hasHeirs(this.#seat.page) === true;
  }

  /** Tells how this tab's calls stand, when another tab can go on with them. */
  passOn(): boolean {
    const isThere = this.#switchboard
      ? this.hasHeirs
      : this.#leader !== undefined && this.#leaderPage !== this.#seat.page;
    if (isThere) this.#board.publishAll();
    return isThere;
  }

  /** What this tab's engine gets for its WebSocket. */
  tapped(socket: WebSocket): WebSocket {
    if (!this.#switchboard) return socket;
    this.#trunk = new Trunk(socket, this.#switchboard);
    return this.#trunk as unknown as WebSocket;
  }

  /** This tab registers from now on, and serves the others. */
  leads(): void {
    this.#watch.stop();
    this.#queue?.abort();
    this.#queue = undefined;
    this.#leader = undefined;
    this.#switchboard ??= this.#createSwitchboard();
    const { socket: open, client } = this.#seat;
    if (open) this.tapped(open);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.lost();
    if (socket) client.transport.hurry();
  }

  /** Another tab registers: this one is served by it, and waits for its place. */
  follows(): void {
    this.#switchboard = this.#trunk = undefined;
    this.#watch.start();
    this.#wait();
  }

  /** Tells whoever registers what this tab wants now. */
  told(): void {
    this.#socket?.askAgain();
  }

  openSocket(): WebSocket {
    const { client } = this.#seat;
    const id = createId('', 6, client.platform.random);
    const open = () => {
      if (this.#standsStill) return; // Asks when it can take calls again.
      const { candidate, rings } = this.#seat;
      this.#post({ kind: 'open', socket: id, candidate, rings, visible: client.platform.visible });
    };
    const socket = new ChannelSocket(id, (word) => this.#post(word), open);
    this.#socket = socket;
    return socket as unknown as WebSocket;
  }

  receive(data: unknown): void {
    const message = readMessage(data, this.#seat.tabId);
    if (!message) return;
    this.#board.receive(message);
    if (message.kind === 'offline') this.#signedOut(message.from);
    else if (message.kind === 'left') this.#seat.left(message.from);
    else if (message.kind === 'aloud') this.#seat.client.aloud(message.callId);
    else if (this.#switchboard) this.#asLeader(this.#switchboard, message);
    else this.#asFollower(message);
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#watch.stop();
    this.#queue?.abort();
    this.#board.close();
    this.#socket?.lost();
  }

  // --- Messages ---------------------------------------------------------------------------------------------------

  #asLeader(switchboard: Switchboard, message: TabMessage): void {
    if (message.kind === 'ping') this.#post({ kind: 'pong', to: message.from });
    else switchboard.receive(message);
  }

  #asFollower(message: TabMessage): void {
    if (message.kind === 'leader') this.#newLeader(message);
    else if (message.kind === 'bye' && message.from === this.#leader) this.#leaderLeft();
    if (message.kind === 'pong' && this.#leader !== message.from) this.#heardOf(message);
    if (message.kind === 'pong' || message.from === this.#leader) this.#watch.heard();
    const socket = this.#socket;
    if (!socket || !('socket' in message) || message.socket !== socket.id) return;
    if (message.kind === 'opened') socket.opened();
    else if (message.kind === 'close') socket.lost();
    else if (message.kind === 'down') this.#deliver(socket, message.text, message.quiet === true);
  }

  #deliver(way: ChannelSocket | Trunk | undefined, text: string, quiet: boolean): void {
    const callId = quiet ? /^Call-ID:\s*(\S+)/im.exec(text)?.[1] : undefined;
    if (callId) this.#seat.quiet.add(callId);
    way?.deliver(text);
    if (callId) this.#seat.quiet.delete(callId);
  }

  #newLeader(leader: TabMessage): void {
    this.#heardOf(leader);
    if (this.#seat.dormant) this.#seat.client.register();
  }

  #signedOut(by: string): void {
    this.#isMissed = false;
    this.#seat.signedOut(by);
  }

  /** Another tab has the lead: a connection through a former one is worth nothing. */
  #heardOf({ from, page }: TabMessage): void {
    this.#leader = from;
    this.#leaderPage = page;
    this.#isMissed = true;
    this.#watch.start();
    this.#socket?.leaderChanged();
    this.#reach();
  }

  /** Connects now, to the tab that has just been heard of. One that still asks for the lead may yet have it. */
  #reach(): void {
    if (this.#seat.role !== 'following') return;
    const { transport } = this.#seat.client;
    if (this.#seat.rings) transport.open();
    transport.hurry();
  }

  // --- The lead ---------------------------------------------------------------------------------------------------

  /** For this tab's turn to come. A frozen one would be given the lead and not know. */
  #wait(): void {
    this.#queue?.abort();
    if (this.#isFrozen) return;
    if (this.#seat.candidate) this.#queueForLead();
    else this.#waitForVacancy();
  }

  #queueForLead(): void {
    this.#queue = new AbortController();
    void this.#seat.ask({ signal: this.#queue.signal });
  }

  /** Its lock is free, and whoever has it next says so; unless that is a tab that stands still, so the watch goes on. */
  #leaderLeft(): void {
    this.#leader = undefined;
    this.#socket?.lost();
  }

  /** Frozen, or hung: whoever finds out takes its place. A page that only listens is asked to. */
  #leaderSilent(): void {
    if (this.#seat.candidate) void this.#seat.ask({ steal: true });
    else this.#vacant();
  }

  /** A shared lock is granted when nobody holds the exclusive one, and is given back at once. */
  #waitForVacancy(): void {
    const { platform } = this.#seat.client;
    const queue = new AbortController();
    this.#queue = queue;
    const granted = () => {
      if (queue.signal.aborted || this.#seat.candidate) return;
      this.#leader = undefined;
      const timer = platform.clock.schedule(HEIR_WAIT_MS, () => this.#leader === undefined && this.#vacant());
      queue.signal.addEventListener('abort', () => timer.cancel());
    };
    platform.locks?.request(this.#seat.name, { mode: 'shared', signal: queue.signal }, granted).catch(() => {});
  }

  #vacant(): void {
    const { candidate, listening, client } = this.#seat;
    if (candidate) return;
    const isMissed = this.#isMissed;
    this.#isMissed = false;
    this.#socket?.lost();
    client.transport.close();
    if (isMissed && listening) client.reRegister();
  }

  // --- Around -----------------------------------------------------------------------------------------------------

  #listen(): void {
    const { client } = this.#seat;
    const { platform, registration } = client;
    const changed = () => {
      this.#switchboard?.registrationChanged();
      this.#board.takeUpOrphans();
    };
    this.#stops.push(
      client.soundBlocked(() => (this.#switchboard ? this.#switchboard.silent() : this.#post({ kind: 'silent' }))),
      registration.on('registered', changed),
      registration.on('unregistered', changed),
      ...(['visible', 'hidden'] as const).map((event) => platform.onPage(event, () => this.told())),
      platform.onPage('freeze', () => this.#froze(true)),
      platform.onPage('resume', () => this.#froze(false)),
    );
  }

  #froze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    // Only with another tab to take over: alone, a frozen page keeps its registration for when it is thawed.
    if (this.#switchboard) {
      if (isFrozen && this.hasHeirs) this.#seat.stepDown();
      return;
    }
    this.#wait();
    const socket = this.#socket;
    if (this.#standsStill) socket?.leave();
    else if (!isFrozen && !this.#hasCalls) {
      socket?.leaderChanged();
      this.#seat.client.transport.hurry();
    }
  }

  /** Frozen: a call that rang here too would wait for its answer. One that has a call keeps its connection for that. */
  get #standsStill(): boolean {
    return this.#isFrozen && !this.#hasCalls;
  }

  get #hasCalls(): boolean {
    return [...this.#seat.client.calls].some((call) => !call.elsewhere);
  }

  #createSwitchboard(): Switchboard {
    const { client } = this.#seat;
    return new Switchboard({
      post: (word) => this.#post(word),
      write: (text) => this.#trunk?.write(text),
      deliver: (text, quiet = false) => this.#deliver(this.#trunk, text, quiet),
      aloud: (callId) => client.aloud(callId),
      registered: () => client.registration.registered || !this.#seat.candidate,
      wanted: () => this.#seat.candidate,
      stepDown: () => this.#seat.stepDown(),
      iceServers: () => client.registration.iceServers,
      visible: () => client.platform.visible,
      ownerOf: (callId) => this.#board.ownerOf(callId),
      answered: (callId, by) => {
        const owner = by || this.#seat.tabId;
        this.#post({ kind: 'taken', callId, by: owner });
        this.#board.taken(callId, owner);
      },
    });
  }

  #post(word: TabWord): void {
    try {
      this.#seat.post(word);
    } catch (error) {
      this.#seat.client.logger.warn({ error: String(error) }, 'a message to the other tabs was not sent');
    }
  }
}
