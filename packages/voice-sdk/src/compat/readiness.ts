import type { UnregisteredReason } from '../client/registration-keeper.js';
import type { VoiceClient } from '../client/voice-client.js';
import type { Platform } from '../platform.js';

/** Why there is no registration; `unusable`: the account of `initWebrtc` cannot be registered at all. */
export type NotRegistered = UnregisteredReason | 'unusable' | undefined;

/** A person who has not answered the browser's question by then has not given the microphone. */
const ANSWER_WAIT_MS = 20_000;

/** `checkClientStatus()`: first the microphone, then the connection, then the registration. */
export class ReadinessCheck {
  readonly #platform: Platform;
  #asking: Promise<boolean> | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** `status` is asked once the microphone is known to be there. Checks at the same time ask the person once. */
  run(client: VoiceClient | undefined, status: () => string, told: (status: string) => void): void {
    this.#asking ??= this.#microphone(client).finally(() => {
      this.#asking = undefined;
    });
    void this.#asking.then((granted) => told(granted ? status() : 'media_permission_denied'));
  }

  /** Opens the microphone and gives it back, also when it comes too late. Never rejects. */
  #microphone(client: VoiceClient | undefined): Promise<boolean> {
    // A call has it already; on some telephones a second opening silences the first.
    if (client?.calls.some((call) => call.localStream)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#platform.clock.schedule(ANSWER_WAIT_MS, () => resolve(false));
      const done = (granted: boolean) => {
        timer.cancel();
        resolve(granted);
      };
      this.#platform.getUserMedia({ audio: true }).then(
        (stream) => {
          for (const track of stream.getTracks()) track.stop();
          done(true);
        },
        () => done(false),
      );
    });
  }
}

/** Connection and registration in the words of `checkClientStatus()`. */
export function clientStatus(client: VoiceClient | undefined, reason: NotRegistered): string {
  if (reason === 'unusable') return 'unknown';
  switch (client?.registrationState) {
    case undefined:
      return 'not_initialized';
    case 'registered':
      return 'registered';
    case 'connecting':
      if (reason === undefined) return 'connecting';
      return reason === 'connection-failed' ? 'websocket_connection_failed' : 'disconnected';
    case 'registering':
      return 'initial';
    default:
      return reason === 'credentials-rejected' || reason === 'account-unknown' ? 'terminated' : 'unregistered';
  }
}
