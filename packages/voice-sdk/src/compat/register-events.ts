import type { Logger } from '@intermix/kernel';
import type { VoiceClient } from '../client/voice-client.js';

/** Names under which Exotel's SDK tells itself of a registration. */
export type RegisterEvent = 'sent_request' | 'connected' | 'failed_to_start' | 'transport_error';

/** Turns the engine's registration events into those of Exotel's SDK. */
export class RegisterEvents {
  readonly #logger: Logger;
  readonly #tell: (event: RegisterEvent, userName: string) => void;
  #tellingRejection = false;
  #connectionFailed = false;

  constructor(logger: Logger, tell: (event: RegisterEvent, userName: string) => void) {
    this.#logger = logger;
    this.#tell = tell;
  }

  /**
   * True while the page is told of a refused account: the guide's `DoRegister()` from inside that callback would send a
   * wrong password as fast as the server refuses it.
   */
  get tellingRejection(): boolean {
    return this.#tellingRejection;
  }

  /** True from a failed or lost connection to the next registration. */
  get connectionFailed(): boolean {
    return this.#connectionFailed;
  }

  listen(client: VoiceClient, userName: string): void {
    client.on('registering', () => this.#tell('sent_request', userName));
    client.on('registered', () => {
      this.#connectionFailed = false;
      this.#logger.info({ userName }, 'registered');
      this.#tell('connected', userName);
    });
    client.on('unregistered', (told) => {
      this.#connectionFailed = told.reason === 'connection-failed' || told.reason === 'connection-lost';
      this.#logger.info({ userName, ...told }, 'unregistered');
      this.#tellingRejection = !told.willRetry && told.reason !== 'requested';
      this.#tell(this.#connectionFailed ? 'transport_error' : 'failed_to_start', userName);
      this.#tellingRejection = false;
    });
  }
}
