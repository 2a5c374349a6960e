/** The far end of a session: an accepted WebSocket. Methods never throw, and do nothing once it is closed. */
export interface BotSocket {
  /** Octets that wait to be taken by the far end. */
  readonly bufferedBytes: number;
  send(text: string): void;
  /** Closing handshake; a far end that takes no part in it is cut off soon. */
  close(code: number, reason: string): void;
}

export interface BotSocketHandlers {
  message(text: string): void;
  /** A message of octets, of which the protocol has none; or a ping or pong, which count like messages. */
  other(kind: 'binary' | 'control'): void;
  /** Once, and last. `broken`: what the far end broke, in words. */
  closed(code: number, broken?: string): void;
}
