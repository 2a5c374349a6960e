import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClient } from '../client/voice-client.js';
import type { VoiceError } from '../errors.js';
import type { PageCallbacks } from './page-callbacks.js';

/** Names under which Exotel's SDK tells itself of a call. */
export type CallEvent = 'i_new_call' | 'connected' | 'terminated' | 'activeSession';

/** Turns the engine's call events into those of Exotel's SDK, and knows which call its one Call object stands for. */
export class CallEvents {
  readonly #callbacks: PageCallbacks;
  readonly #tell: (event: CallEvent, phone: string | undefined) => void;
  #current: VoiceCall | undefined;

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
      this.follow(call);
      this.#tell('i_new_call', call.remote.displayName);
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

  /** Makes it the current call, and tells what becomes of it. */
  follow(call: VoiceCall): void {
    this.#current = call;
    const phone = call.remote.displayName;
    const session = (state: string) => this.#callbacks.session(state, phone);
    call.on('connected', () => this.#tell('connected', phone));
    call.on('ended', (end) => end.reason === 'handed-over' || this.#tell('terminated', phone));
    call.on('iceGathering', (state) => session(`ice_gathering_state_${state}`));
    call.on('iceConnection', (state) => session(`ice_connection_state_${state}`));
    call.on('failed', (error: VoiceError) => {
      if (error.problem.startsWith('microphone-')) session('media_permission_denied');
    });
  }
}
