import type { VoiceClient } from '../client/voice-client.js';
import type { Platform } from '../platform.js';

/** Asks for the microphone, gives it back, and then tells by `status` what else is missing. */
export function checkReadiness(platform: Platform, status: () => string, told: (status: string) => void): void {
  platform.getUserMedia({ audio: true }).then(
    (stream) => {
      for (const track of stream.getTracks()) track.stop();
      told(status());
    },
    () => told('media_permission_denied'),
  );
}

/** The registration in the words of `checkClientStatus()`. */
export function clientStatus(client: VoiceClient | undefined, connectionFailed: boolean): string {
  switch (client?.registrationState) {
    case undefined:
      return 'not_initialized';
    case 'registered':
      return 'registered';
    case 'connecting':
      return connectionFailed ? 'websocket_connection_failed' : 'connecting';
    case 'registering':
      return 'initial';
    default:
      return 'unregistered';
  }
}
