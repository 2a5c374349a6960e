import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import { findExecutable } from './executable.js';
import { repositoryRoot } from './repository-root.js';
import { Rtpengine } from './rtpengine.js';
import { reservePorts } from './spare-ports.js';

export interface KamailioOptions {
  /** Its SIP domain. */
  domain: string;
  /** The one user, who registers with digest. */
  user: { name: string; password: string };
  /** Where it sends calls to numbers: a telephone on UDP. */
  telephonePort: number;
  /** A registration for fewer seconds gets 423. Default 60. */
  minExpiresSec?: number;
}

/**
 * Kamailio with rtpengine, both from Debian: registrar, WebSocket edge and media relay between browsers and a telephone, as
 * others run it. All of it on loopback.
 */
export class Kamailio {
  readonly domain: string;
  readonly #daemon: Daemon;
  readonly #rtpengine: Rtpengine;
  readonly #port: number;
  readonly #release: () => void;

  private constructor(parts: {
    domain: string;
    daemon: Daemon;
    rtpengine: Rtpengine;
    port: number;
    release: () => void;
  }) {
    this.domain = parts.domain;
    this.#daemon = parts.daemon;
    this.#rtpengine = parts.rtpengine;
    this.#port = parts.port;
    this.#release = parts.release;
  }

  static async start(options: KamailioOptions): Promise<Kamailio> {
    const ports = await reservePorts();
    const port = ports.port(0);
    const rtpengine = await Rtpengine.start({
      controlPort: ports.port(1),
      rtpPorts: [ports.port(20), ports.port(199)],
    });
    const folder = mkdtempSync(join(tmpdir(), 'intermix-kamailio-'));
    writeFileSync(join(folder, 'kamailio.cfg'), configuration(options, port, ports.port(1)));
    try {
      const daemon = await Daemon.start({
        name: 'Kamailio',
        program: findExecutable('kamailio', 'install it (Debian: apt-get install kamailio kamailio-websocket-modules)'),
        args: [
          ...['-f', join(folder, 'kamailio.cfg'), '-DD', '-E', '-m', '64', '-M', '8'],
          ...['-Y', folder, '-w', folder, '-P', join(folder, 'pid')],
        ],
        folder,
        isReady: () => answersHttp(port),
      });
      return new Kamailio({ domain: options.domain, daemon, rtpengine, port, release: () => ports.release() });
    } catch (error) {
      await rtpengine.stop();
      ports.release();
      throw error;
    }
  }

  /** Where telephones reach it, by UDP. */
  get sip(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#port };
  }

  /** Where browsers reach it. */
  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** Output of both programs so far, bounded. */
  get log(): string {
    return `${this.#daemon.log}\n--- rtpengine ---\n${this.#rtpengine.log}`;
  }

  /** Ends both. May be called twice. */
  async stop(): Promise<void> {
    await Promise.all([this.#daemon.stop(), this.#rtpengine.stop()]);
    this.#release();
  }
}

function configuration(options: KamailioOptions, port: number, rtpenginePort: number): string {
  const values: Record<string, string | number> = {
    PORT: port,
    RTPENGINE: rtpenginePort,
    TELEPHONE: options.telephonePort,
    DOMAIN: options.domain,
    USER: options.user.name,
    PASSWORD: options.user.password,
    MIN_EXPIRES: options.minExpiresSec ?? 60,
  };
  const template = join(repositoryRoot(), 'packages', 'testkit', 'kamailio', 'browser-edge.cfg');
  return readFileSync(template, 'utf8').replaceAll(/@([A-Z_]+)@/g, (whole, name) => String(values[name] ?? whole));
}

/** Its WebSocket port answers any HTTP request, with 404. */
async function answersHttp(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) }).catch(
    () => undefined,
  );
  return answer?.status === 404;
}
