import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClient } from '../client/voice-client.js';
import type { VoiceError } from '../errors.js';
import type { PageCallbacks } from './page-callbacks.js';

/** Names under which Exotel's SDK tells itself of a call. */
export type CallEvent = 'i_new_call' | 'connected' | 'terminated' | 'activeSession';

/** The same in the words of `SessionCallback`, which tells of calls in other tabs. */
const inOtherTab: Record<CallEvent, string> = {
  i_new_call: 'incoming',
  connected: 'connected',
  terminated: 'callEnded',
  activeSession: 'connected',
};

/** Turns the engine's call events into those of Exotel's SDK, and knows which call its one Call object stands for. */
export class CallEvents {
  readonly #callbacks: PageCallbacks;
  readonly #tell: (event: CallEvent, phone: string | undefined) => void;
  #current: VoiceCall | undefined;
  /** The page has called `SessionListener()`: calls of other tabs come by SessionCallback, not by CallListenerCallback. */
  listening = false;

  constructor(deps: {
    callbacks: PageCallbacks;
    tell: (event: CallEvent, phone: string | undefined) => void;
  }) {
    this.#callbacks = deps.callbacks;
    this.#tell = deps.tell;
  }

  /** The newest call, also when it is over: `callDetails()` still tells of it. */
  get current(): VoiceCall | undefined {
    return this.#current;
  }

  listen(client: VoiceClient): void {
    client.on('incoming', (call) => {
      // While it rings in all tabs, it is a call of the tab that registers.
      const ring = this.listening && client.tabRole === 'following' ? this.#tellElsewhere : this.#tell;
      this.follow(call, ring);
      ring('i_new_call', call.remote.displayName);
    });
    client.on('callAdded', (call) => {
      if (call.elsewhere) this.#followElsewhere(call);
    });
    client.on('autoplayBlocked', () => this.#callbacks.session('autoplay_blocked', this.#current?.remote.displayName));
    client.on('resumed', (call) => this.#resumed(call));
    client.on('notResumed', (call) => this.#tell('terminated', call.remote.displayName));
  }

  /** A call that goes on here: after a reload of the page, or as another tab gave it. */
  #resumed(call: VoiceCall): void {
    this.follow(call);
    this.#tell('activeSession', call.remote.displayName);
  }

  /** Makes it the current call, and tells what becomes of it; `ring` is told when it ends unanswered. */
  follow(call: VoiceCall, ring = this.#tell): void {
    this.#current = call;
    const phone = call.remote.displayName;
    const session = (state: string) => this.#callbacks.session(state, phone);
    call.on('connected', () => this.#tell('connected', phone));
    call.on('ended', (end) => {
      if (end.reason === 'handed-over') return; // It goes on in another page.
      const tell = call.details().connectedAt === undefined ? ring : this.#tell;
      // Where another tab took it, the call goes on; but who was told of it by CallListenerCallback hears that it is
      // over here. Who was told by SessionCallback hears there how it goes on.
      if (this.#current === call || tell === this.#tell) tell('terminated', phone);
    });
    call.on('iceGathering', (state) => session(`ice_gathering_state_${state}`));
    call.on('iceConnection', (state) => session(`ice_connection_state_${state}`));
    call.on('failed', (error: VoiceError) => {
      if (error.problem.startsWith('microphone-')) session('media_permission_denied');
    });
  }

  /** A call whose audio is in another tab: the Call object stands for it, so that this tab can end it. */
  #followElsewhere(call: VoiceCall): void {
    const rang = this.#current?.callId === call.callId;
    if (rang || !this.#current || this.#current.state === 'ended') this.#current = call;
    if (!this.listening) return; // To such a page a call that rang here is over when another tab has it.
    const phone = call.remote.displayName;
    const tell = () => this.#tellElsewhere('connected', phone);
    if (call.state === 'connected') tell();
    else call.on('connected', tell);
    call.on('ended', (end) => end.reason === 'handed-over' || this.#tellElsewhere('terminated', phone));
  }

  readonly #tellElsewhere = (event: CallEvent, phone: string | undefined): void => {
    this.#callbacks.session(inOtherTab[event], phone ?? '');
  };
}
