import { Duplex } from 'node:stream';

/** Where a {@link WorkerStream} sends its bytes. */
export interface WireEndpoint {
  connect(stream: WorkerStream): void;
  send(bytes: Uint8Array): void;
  disconnect(stream: WorkerStream): void;
}

/**
 * What `pg` takes for its TCP socket: bytes of the wire protocol to and from the database worker. Above it, the
 * embedded database is the production code path.
 */
export class WorkerStream extends Duplex {
  readonly #endpoint: WireEndpoint;

  constructor(endpoint: WireEndpoint) {
    super({ allowHalfOpen: false });
    this.#endpoint = endpoint;
  }

  /** `net.Socket`'s, as pg's connection calls it; the port and host mean nothing here. */
  connect(): this {
    this.#endpoint.connect(this);
    queueMicrotask(() => this.emit('connect'));
    return this;
  }

  /** The worker answered. */
  receive(bytes: Uint8Array): void {
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#endpoint.send(new Uint8Array(chunk)); // Copied: pg reuses its buffers.
    done();
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: (error?: Error | null) => void): void {
    this.#endpoint.send(new Uint8Array(Buffer.concat(chunks.map(({ chunk }) => chunk))));
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#endpoint.disconnect(this);
    done(error);
  }
}
