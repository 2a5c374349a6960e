import type { Unregistered } from '../client/registration-keeper.js';
import type { VoiceClient } from '../client/voice-client.js';
import type { NotRegistered } from './readiness.js';

/** Names under which Exotel's SDK tells itself of a registration. */
export type RegisterEvent = 'sent_request' | 'connected' | 'failed_to_start' | 'transport_error';

/** Public fields of the face that tell where a registration stands, as Exotel's SDK keeps them. */
export interface RegisterFlags {
  /** True from `DoRegister()` to `UnRegister()`. A page that makes it false is not registered again after a loss. */
  shouldAutoRetry: boolean;
  unregisterInitiated: boolean;
  registrationInProgress: boolean;
  /** False: `DoRegister()` would do nothing. */
  isReadyToRegister: boolean;
}

/** Turns the engine's registration events into those of Exotel's SDK. */
export class RegisterEvents {
  readonly #flags: RegisterFlags;
  readonly #tell: (event: RegisterEvent, userName: string) => void;
  #tellingRejection = false;
  #reason: NotRegistered;

  constructor(deps: {
    flags: RegisterFlags;
    tell: (event: RegisterEvent, userName: string) => void;
  }) {
    this.#flags = deps.flags;
    this.#tell = deps.tell;
  }

  /**
   * True while the page is told of a refused account: the guide's `DoRegister()` from inside that callback would send a
   * wrong password as fast as the server refuses it.
   */
  get tellingRejection(): boolean {
    return this.#tellingRejection;
  }

  /** Why there is no registration; undefined while there is one, and before the first answer to `DoRegister()`. */
  get reason(): NotRegistered {
    return this.#reason;
  }

  /** `DoRegister()` was called with an account that cannot be used. */
  unusable(): void {
    this.#reason = 'unusable';
  }

  /** `DoRegister()` was called and did something. */
  started(): void {
    this.#reason = undefined;
    Object.assign(this.#flags, {
      shouldAutoRetry: true,
      unregisterInitiated: false,
      registrationInProgress: true,
      isReadyToRegister: false,
    } satisfies RegisterFlags);
  }

  /** `UnRegister()` was called. */
  stopping(): void {
    this.#flags.shouldAutoRetry = false;
    this.#flags.unregisterInitiated = !this.#flags.isReadyToRegister;
  }

  listen(client: VoiceClient, userName: string): void {
    client.on('registering', () => this.#tell('sent_request', userName));
    client.on('registered', () => {
      this.#reason = undefined;
      this.#flags.registrationInProgress = this.#flags.isReadyToRegister = false;
      this.#tell('connected', userName);
    });
    client.on('unregistered', (told) => this.#unregistered(client, told, userName));
  }

  #unregistered(client: VoiceClient, told: Unregistered, userName: string): void {
    const flags = this.#flags;
    this.#reason = told.reason;
    const again = told.willRetry && flags.shouldAutoRetry;
    flags.registrationInProgress = again;
    flags.isReadyToRegister = !told.willRetry;
    if (!told.willRetry) flags.unregisterInitiated = false;
    this.#tellingRejection = !told.willRetry && told.reason !== 'requested';
    this.#tell(told.reason.startsWith('connection-') ? 'transport_error' : 'failed_to_start', userName);
    this.#tellingRejection = false;
    if (told.willRetry && !flags.shouldAutoRetry) void client.unregister(); // The page took the flag away.
  }
}
