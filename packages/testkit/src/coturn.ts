import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import { findExecutable } from './executable.js';

export interface CoturnOptions {
  /** UDP and TCP on loopback. */
  port: number;
  /** First and last port of what it relays. */
  relayPorts: readonly [number, number];
  /** Shared with whoever makes its users' credentials (`static-auth-secret`). */
  secret: string;
}

/** Debian's coturn on loopback: a TURN relay of another maker. */
export class Coturn {
  /** For a browser's ICE servers. */
  readonly url: string;
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon, port: number) {
    this.#daemon = daemon;
    this.url = `turn:127.0.0.1:${port}?transport=udp`;
  }

  static async start({ port, relayPorts: [first, last], secret }: CoturnOptions): Promise<Coturn> {
    const folder = mkdtempSync(join(tmpdir(), 'intermix-coturn-'));
    const daemon = await Daemon.start({
      name: 'coturn',
      program: findExecutable('turnserver', 'install it (Debian: apt-get install coturn)'),
      args: [
        ...['-n', '--log-file=stdout', '--verbose', '--no-cli', '--no-tls', '--no-dtls', '--no-rfc5780'],
        ...[`--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'turndb')}`, '--realm=turn.example'],
        ...['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1'],
        ...[`--min-port=${first}`, `--max-port=${last}`, '--relay-threads=1'],
        ...['--use-auth-secret', `--static-auth-secret=${secret}`],
        '--allow-loopback-peers', // Our media is there; in the world that would open the relay's own machine.
      ],
      folder,
      isReady: (log) => /listener opened on/i.test(log),
    });
    return new Coturn(daemon, port);
  }

  /** Output so far, bounded: each allocation, and who was refused. */
  get log(): string {
    return this.#daemon.log;
  }

  /** May be called twice. */
  stop(): Promise<void> {
    return this.#daemon.stop();
  }
}
