import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import { sparePort } from './spare-ports.js';

/** A store of another maker that speaks S3, on loopback: s3rver from npm. Its objects outlive `down`, and end with `stop`. */
export class S3Server {
  /** The only key pair that it knows. */
  static readonly credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

  readonly bucket = 'recordings';
  readonly #port: number;
  readonly #objects = mkdtempSync(join(tmpdir(), 'intermix-s3-'));
  #daemon: Daemon | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  /** With an empty bucket. */
  static async start(): Promise<S3Server> {
    const server = new S3Server(await sparePort());
    await server.up();
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** At the same address as before. */
  async up(): Promise<void> {
    const bin = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
    this.#daemon = await Daemon.start({
      name: 's3rver',
      program: process.execPath,
      args: [
        ...[bin, '--directory', this.#objects, '--address', '127.0.0.1', '--port', String(this.#port)],
        ...['--configure-bucket', this.bucket],
      ],
      folder: mkdtempSync(join(tmpdir(), 'intermix-s3-run-')),
      isReady: (log) => log.includes('S3rver listening'),
    });
  }

  async down(): Promise<void> {
    await this.#daemon?.stop();
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    await this.down();
    rmSync(this.#objects, { recursive: true, force: true });
  }
}
