import type {
  AudioDevices,
  ExotelWebClient,
  SdkLog,
  Unregistered,
  VoiceCall,
  VoiceClient,
  VoiceClientOptions,
} from '@intermix/voice-sdk';
import type { Agent } from './api.js';
import type { Diagnostics } from './checkup-panel.js';

/** The classic script beside this one: `exotelsdk.js`. */
declare const exotelSDK: {
  VoiceClient: new (options: VoiceClientOptions) => VoiceClient;
  ExotelWebClient: new () => ExotelWebClient;
  SdkLog: new () => SdkLog;
};

export function createLog(): SdkLog {
  return new exotelSDK.SdkLog();
}

export type PhoneState = 'offline' | 'connecting' | 'online' | 'reconnecting' | 'refused';

/** A device that cannot be used shows in the tests themselves. */
const ignore = () => {};

export interface PhoneListener {
  stateChanged(state: PhoneState, told: Unregistered | undefined): void;
  callAdded(call: VoiceCall): void;
  /** A call of this page before its reload, or of another tab, goes on here. */
  callResumed(call: VoiceCall): void;
  soundBlocked(): void;
  /** Another tab of the browser keeps the connection from now on, or this one: see `follows`. */
  roleChanged(): void;
}

/** One agent's line: a client of the SDK, replaced when another agent is chosen. */
export class Phone {
  readonly #serverUrl: string;
  readonly #listener: PhoneListener;
  readonly #log: SdkLog;
  #client: VoiceClient | undefined;
  #agent: Agent | undefined;
  #state: PhoneState = 'offline';
  #wasOnline = false;

  constructor(serverUrl: string, log: SdkLog, listener: PhoneListener) {
    this.#serverUrl = serverUrl;
    this.#log = log;
    this.#listener = listener;
  }

  get state(): PhoneState {
    return this.#state;
  }

  /** True when another tab of this browser is the one that is registered, and serves this one. */
  get follows(): boolean {
    return this.#client?.tabRole === 'following';
  }

  get calls(): readonly VoiceCall[] {
    return this.#client?.calls ?? [];
  }

  get client(): VoiceClient | undefined {
    return this.#client;
  }

  /** The SDK's device part. Rejects where it could not be loaded. */
  async devices(): Promise<AudioDevices | undefined> {
    return this.#client?.devices;
  }

  /** The SDK's tests, for this agent's account and the chosen devices. They are of its Exotel-shaped face. */
  async diagnostics(): Promise<Diagnostics> {
    const agent = this.#agent;
    if (!agent) throw new Error('no agent is chosen');
    const { hostname, port, protocol } = new URL(this.#serverUrl);
    const socketPort = port || (protocol === 'wss:' ? '443' : '80');
    const client = new exotelSDK.ExotelWebClient();
    client.initWebrtc({
      userName: agent.sip_username,
      sipdomain: agent.sip_domain,
      domain: `${hostname}:${socketPort}`,
      secret: agent.sip_password,
      port: socketPort,
      security: protocol === 'wss:' ? 'wss' : 'ws',
      tabs: 'each-registers', // What it registers is its own to give back: the phone stays as it is.
    });
    const chosen = await this.devices().catch(() => undefined);
    if (chosen && chosen.input !== 'default') client.changeAudioInputDevice(chosen.input, ignore, ignore);
    if (chosen && chosen.output !== 'default') client.changeAudioOutputDevice(chosen.output, ignore, ignore);
    return client;
  }

  /** Becomes this agent; the one before goes offline. */
  use(agent: Agent): void {
    void this.#client?.dispose();
    this.#agent = agent;
    this.#wasOnline = false;
    const client = new exotelSDK.VoiceClient({
      serverUrl: this.#serverUrl,
      username: agent.sip_username,
      password: agent.sip_password,
      domain: agent.sip_domain,
      displayName: agent.name,
      logger: this.#log,
    });
    this.#client = client;
    client.on('registered', () => {
      this.#wasOnline = true;
      this.#become('online');
    });
    client.on('unregistered', (told) => this.#unregistered(told));
    client.on('callAdded', (call) => {
      call.on('quality', (quality) => this.#log.debug({ callId: call.callId, ...quality }, 'quality'));
      this.#listener.callAdded(call);
    });
    client.on('resumed', (call) => this.#listener.callResumed(call));
    client.on('tabRole', () => this.#listener.roleChanged());
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

  /** Talks in this held call, and holds the one that was talked in, if any. Rejects with VoiceError. */
  async resume(call: VoiceCall): Promise<void> {
    const talkedIn = this.calls.find((other) => other !== call && other.state === 'connected' && !other.held);
    await (talkedIn ? this.#client?.swap(talkedIn, call) : call.unhold());
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
