import type {
  AudioDevices,
  ExotelWebClient,
  Unregistered,
  VoiceCall,
  VoiceClient,
  VoiceClientOptions,
} from '@intermix/voice-sdk';
import type { Agent } from './api.js';
import type { Diagnostics } from './checkup-panel.js';
import type { PageLog } from './page-log.js';

/** The classic script beside this one: `exotelsdk.js`. */
declare const exotelSDK: {
  VoiceClient: new (options: VoiceClientOptions) => VoiceClient;
  ExotelWebClient: new () => ExotelWebClient;
};

export type PhoneState = 'offline' | 'connecting' | 'online' | 'reconnecting' | 'refused';

/** A device that cannot be used shows in the tests themselves. */
const ignore = () => {};

export interface PhoneListener {
  stateChanged(state: PhoneState, told: Unregistered | undefined): void;
  callAdded(call: VoiceCall): void;
  /** A call of this page before its reload, or of another tab, goes on here. */
  callResumed(call: VoiceCall): void;
  soundBlocked(): void;
}

/** One agent's line: a client of the SDK, replaced when another agent is chosen. */
export class Phone {
  readonly #serverUrl: string;
  readonly #listener: PhoneListener;
  readonly #log: PageLog;
  #client: VoiceClient | undefined;
  #agent: Agent | undefined;
  #state: PhoneState = 'offline';
  #wasOnline = false;

  constructor(serverUrl: string, log: PageLog, listener: PhoneListener) {
    this.#serverUrl = serverUrl;
    this.#log = log;
    this.#listener = listener;
  }

  get state(): PhoneState {
    return this.#state;
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
      this.#follow(call);
      this.#listener.callAdded(call);
    });
    client.on('resumed', (call) => this.#listener.callResumed(call));
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

  /**
   * Talks in this held call, and holds the one that was talked in. When this call cannot be taken back the other one is: the
   * person is left in one call and not in none. Rejects with VoiceError.
   */
  async resume(call: VoiceCall): Promise<void> {
    const talkedIn = this.calls.filter((other) => other !== call && other.state === 'connected' && !other.held);
    await Promise.all(talkedIn.map((other) => other.hold()));
    try {
      await call.unhold();
    } catch (error) {
      await Promise.all(talkedIn.map((other) => other.unhold().catch(() => {})));
      throw error;
    }
  }

  #unregistered(told: Unregistered): void {
    if (told.reason === 'requested') this.#become('offline');
    else if (!told.willRetry) this.#become('refused', told);
    else this.#become(this.#wasOnline ? 'reconnecting' : 'connecting', told);
  }

  #become(state: PhoneState, told?: Unregistered): void {
    this.#state = state;
    this.#log.info({ ...told }, state);
    this.#listener.stateChanged(state, told);
  }

  #follow(call: VoiceCall): void {
    this.#log.info({ direction: call.direction, remote: call.remote.user }, 'call');
    call.on('stateChanged', (state) => this.#log.info({ callId: call.callId, state }, 'call'));
    call.on('ended', (end) => this.#log.info({ callId: call.callId, ...end }, 'call ended'));
    call.on('failed', (error) => this.#log.warn({ callId: call.callId, code: error.code }, String(error)));
    call.on('reconnecting', (what) => this.#log.warn({ callId: call.callId, what }, 'reconnecting'));
    call.on('reconnected', (what) => this.#log.info({ callId: call.callId, what }, 'reconnected'));
    call.on('quality', (quality) => this.#log.debug({ callId: call.callId, ...quality }, 'quality'));
  }
}
