import { createSocket } from 'node:dgram';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import { findExecutable } from './executable.js';

export interface RtpengineOptions {
  /** Its `ng` protocol, UDP on loopback. */
  controlPort: number;
  /** First and last port of its media. */
  rtpPorts: readonly [number, number];
}

/** Debian's rtpengine in user space on loopback: a media relay of another maker. */
export class Rtpengine {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  static async start({ controlPort, rtpPorts: [first, last] }: RtpengineOptions): Promise<Rtpengine> {
    const folder = mkdtempSync(join(tmpdir(), 'intermix-rtpengine-'));
    const daemon = await Daemon.start({
      name: 'rtpengine',
      program: findExecutable('rtpengine', 'install it (Debian: apt-get install rtpengine-daemon)'),
      args: [
        // Not /dev/null, with which it ends without a word; table -1: no kernel module.
        ...['--config-file=none', '--table=-1', '--foreground', '--log-stderr', '--log-level=5'],
        ...['--interface=127.0.0.1', `--listen-ng=127.0.0.1:${controlPort}`],
        ...[`--port-min=${first}`, `--port-max=${last}`, '--num-threads=2'],
        // Else it begins DTLS as the client while its answer says that it waits.
        ...['--dtls-passive', `--pidfile=${join(folder, 'pid')}`],
      ],
      folder,
      isReady: () => pongs(controlPort),
    });
    return new Rtpengine(daemon);
  }

  get log(): string {
    return this.#daemon.log;
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }
}

/** Whether it answers a ping of its control protocol: a cookie and a bencoded dictionary. */
function pongs(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (answered: boolean) => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => done(false), 200);
    socket.once('error', () => done(false));
    socket.once('message', (message) => done(message.includes('pong')));
    socket.connect(port, '127.0.0.1', () => socket.send('ready d7:command4:pinge'));
  });
}
