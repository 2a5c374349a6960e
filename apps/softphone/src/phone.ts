import type { Unregistered, VoiceCall, VoiceClient, VoiceClientOptions } from '@intermix/voice-sdk';
import type { Agent } from './api.js';

/** The classic script beside this one: `exotelsdk.js`. */
declare const exotelSDK: { VoiceClient: new (options: VoiceClientOptions) => VoiceClient };

export type PhoneState = 'offline' | 'connecting' | 'online' | 'reconnecting' | 'refused';

export interface PhoneListener {
  stateChanged(state: PhoneState, told: Unregistered | undefined): void;
  callAdded(call: VoiceCall): void;
  soundBlocked(): void;
}

/** One agent's line: a client of the SDK, replaced when another agent is chosen. */
export class Phone {
  readonly #serverUrl: string;
  readonly #listener: PhoneListener;
  #client: VoiceClient | undefined;
  #state: PhoneState = 'offline';
  #wasOnline = false;

  constructor(serverUrl: string, listener: PhoneListener) {
    this.#serverUrl = serverUrl;
    this.#listener = listener;
  }

  get state(): PhoneState {
    return this.#state;
  }

  get calls(): readonly VoiceCall[] {
    return this.#client?.calls ?? [];
  }

  /** Becomes this agent; the one before goes offline. */
  use(agent: Agent): void {
    void this.#client?.dispose();
    this.#wasOnline = false;
    const client = new exotelSDK.VoiceClient({
      serverUrl: this.#serverUrl,
      username: agent.sip_username,
      password: agent.sip_password,
      domain: agent.sip_domain,
      displayName: agent.name,
    });
    this.#client = client;
    client.on('registered', () => {
      this.#wasOnline = true;
      this.#become('online');
    });
    client.on('unregistered', (told) => this.#unregistered(told));
    client.on('callAdded', (call) => this.#listener.callAdded(call));
    client.on('autoplayBlocked', () => this.#listener.soundBlocked());
    this.#become('offline');
  }

  goOnline(): void {
    this.#become('connecting');
    void this.#client?.register();
  }

  goOffline(): void {
    this.#become('offline');
    void this.#client?.unregister();
  }

  /** Throws VoiceError. */
  call(target: string): VoiceCall | undefined {
    return this.#client?.call(target);
  }

  #unregistered(told: Unregistered): void {
    if (told.reason === 'requested') this.#become('offline');
    else if (!told.willRetry) this.#become('refused', told);
    else this.#become(this.#wasOnline ? 'reconnecting' : 'connecting', told);
  }

  #become(state: PhoneState, told?: Unregistered): void {
    this.#state = state;
    this.#listener.stateChanged(state, told);
  }
}
