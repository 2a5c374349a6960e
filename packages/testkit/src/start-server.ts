import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bootstrap } from '@intermix/contracts';
import { ServerProcess } from './server-process.js';
import { type PortBlock, reservePorts } from './spare-ports.js';

export interface StartServerOptions {
  /** Variables of the run contract (`INTERMIX_…`) that go over the testkit's own. */
  env?: Record<string, string>;
  /** How long the server may take until `/readyz` gives 200, milliseconds. Default 60,000 (the first start migrates). */
  readyTimeoutMs?: number;
  /** Another program that keeps the run contract. Default: the built product. */
  main?: string;
}

/** The built product, running on ports and in a data folder of its own. */
export interface RunningServer {
  readonly baseUrl: string;
  readonly bootstrap: Bootstrap;
  /** All variables the process was started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Where carriers reach it: UDP and TCP. */
  readonly sip: { host: string; port: number };
  /** Ports that belong to this server's block but that it does not use: for phones, SIPp and webhook receivers. */
  sparePort(): number;
  readonly pid: number;
  readonly running: boolean;
  /** Output of all runs so far. */
  logs(): string;
  /** SIGTERM, waits for the end, removes the data folder (when it was a temporary one) and frees the ports. */
  stop(): Promise<void>;
  /** SIGKILL: the crash. Data and ports stay for `restart`. */
  kill(): Promise<void>;
  /** Stops by SIGTERM when it still runs, then starts again with the same data, ports and (changed) variables. */
  restart(changes?: Record<string, string>): Promise<void>;
}

/** Starts `apps/server/dist/main.js` and waits until it is ready. */
export async function startServer(options: StartServerOptions = {}): Promise<RunningServer> {
  const ports = await reservePorts();
  const dataDir = options.env?.INTERMIX_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'intermix-data-'));
  const ownsData = options.env?.INTERMIX_DATA_DIR === undefined;
  // With a certificate the server listens for SIP over TLS too.
  const hasTls = options.env?.INTERMIX_TLS_CERT_FILE !== undefined;
  const sips: Record<string, string> = hasTls ? { INTERMIX_SIPS_PORT: String(ports.port(2)) } : {};
  const env = { ...environment(ports, dataDir), ...sips, ...options.env };
  const server = new Server({ ports, dataDir, ownsData, env, main: options.main });
  try {
    await server.restart({}, options.readyTimeoutMs);
  } catch (error) {
    await server.kill();
    server.cleanUp();
    throw error;
  }
  return server;
}

// Offsets in a block: 0 HTTP, 1 SIP, 2 SIPS, 3 STUN, 4–7 WebRTC, 8–19 spare for the test, 20–199 RTP.
function environment(ports: PortBlock, dataDir: string): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return {
    ...Object.fromEntries(inherited),
    INTERMIX_DATA_DIR: dataDir,
    INTERMIX_HTTP_HOST: '127.0.0.1',
    INTERMIX_HTTP_PORT: String(ports.port(0)),
    INTERMIX_SIP_HOST: '127.0.0.1',
    INTERMIX_SIP_PORT: String(ports.port(1)),
    INTERMIX_WEBRTC_PORT: String(ports.port(4)),
    INTERMIX_STUN_PORT: String(ports.port(3)),
    INTERMIX_RTP_PORT_MIN: String(ports.port(20)),
    INTERMIX_RTP_PORT_MAX: String(ports.port(199)),
  };
}

class Server implements RunningServer {
  readonly dataDir: string;
  readonly #ports: PortBlock;
  readonly #ownsData: boolean;
  readonly #main: string | undefined;
  readonly #removeData = () => rmSync(this.dataDir, { recursive: true, force: true });
  #env: Record<string, string>;
  #process: ServerProcess | undefined;
  #earlierLogs = '';
  #nextSpare = 8;
  #bootstrap: Bootstrap | undefined;

  constructor(parts: {
    ports: PortBlock;
    dataDir: string;
    ownsData: boolean;
    env: Record<string, string>;
    main: string | undefined;
  }) {
    this.#main = parts.main;
    this.#ports = parts.ports;
    this.dataDir = parts.dataDir;
    this.#ownsData = parts.ownsData;
    this.#env = parts.env;
    if (this.#ownsData) process.on('exit', this.#removeData);
  }

  get baseUrl(): string {
    const scheme = this.#env.INTERMIX_TLS_CERT_FILE ? 'https' : 'http';
    return `${scheme}://${this.#env.INTERMIX_HTTP_HOST}:${this.#env.INTERMIX_HTTP_PORT}`;
  }

  get sip(): { host: string; port: number } {
    return { host: this.#env.INTERMIX_SIP_HOST ?? '127.0.0.1', port: Number(this.#env.INTERMIX_SIP_PORT) };
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  get bootstrap(): Bootstrap {
    this.#bootstrap ??= JSON.parse(readFileSync(join(this.dataDir, 'bootstrap.json'), 'utf8')) as Bootstrap;
    return this.#bootstrap;
  }

  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  sparePort(): number {
    if (this.#nextSpare >= 20) throw new Error('this server has no spare port left; reserve a block of your own');
    return this.#ports.port(this.#nextSpare++);
  }

  logs(): string {
    return this.#earlierLogs + (this.#process?.log ?? '');
  }

  async restart(changes: Record<string, string> = {}, readyTimeoutMs = 60_000): Promise<void> {
    await this.#process?.end('SIGTERM');
    this.#earlierLogs = this.logs();
    this.#env = { ...this.#env, ...changes };
    this.#process = new ServerProcess(this.#env, this.#main);
    await this.#process.ready(this.baseUrl, readyTimeoutMs);
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  async stop(): Promise<void> {
    try {
      await this.#process?.end('SIGTERM');
    } finally {
      this.cleanUp();
    }
  }

  /** Frees what a stopped server held outside its process. */
  cleanUp(): void {
    this.#ports.release();
    if (!this.#ownsData) return;
    process.off('exit', this.#removeData);
    this.#removeData();
  }
}
