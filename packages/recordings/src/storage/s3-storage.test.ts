import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { silentLogger } from '@intermix/kernel';
import { eventually, S3Server, sparePort } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { S3Storage } from './s3-storage.js';

const sound = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const waits = { timeoutMs: 15_000 };

let folder: string;
let path: string;
const opened: S3Storage[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intermix-s3-storage-'));
  path = join(folder, 'rec_1.mp3.part');
  writeFileSync(path, sound);
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const storage of opened.splice(0)) await storage.close();
  rmSync(folder, { recursive: true });
});

function storageAt(endpoint: string, changes: Partial<ConstructorParameters<typeof S3Storage>[0]> = {}): S3Storage {
  const storage = new S3Storage({
    ...{ bucket: 'recordings', region: 'us-east-1', endpoint, pathStyle: true, logger: silentLogger },
    ...{ credentials: S3Server.credentials, ...changes },
  });
  opened.push(storage);
  return storage;
}

const keepIn = (storage: S3Storage) => storage.keep(path, '2026/01/01/acc/rec_1.mp3', 'audio/mpeg');

async function octetsOf(stream: Readable | undefined): Promise<Buffer | undefined> {
  if (!stream) return undefined;
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** How often this process has the file open. */
function timesOpen(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link === path).length;
}

describe('S3Storage with a server', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await S3Server.start();
  });
  afterAll(() => server?.stop());

  it('keeps a recording, gives it whole and in part, and deletes it', async () => {
    const storage = storageAt(server.endpoint, { prefix: 'intermix/calls' });
    const location = await keepIn(storage);
    expect(location).toBe('s3://recordings/intermix/calls/2026/01/01/acc/rec_1.mp3');
    expect([storage.has(location), storage.has('folder:a.mp3')]).toEqual([true, false]);
    expect(existsSync(path)).toBe(false);
    expect((await octetsOf(await storage.open(location)))?.equals(sound)).toBe(true);
    const part = await octetsOf(await storage.open(location, { first: 1000, last: 1999 }));
    expect(part?.equals(sound.subarray(1000, 2000))).toBe(true);
    expect(await keepIn(storage)).toBe(location); // Once more, after a crash behind the upload.
    await storage.remove(location);
    expect(await storage.open(location)).toBeUndefined();
    await storage.remove(location);
    await expect(keepIn(storage)).rejects.toMatchObject({ problem: 'unknown-recording' });
  });

  // Of a signature of version 4 this server looks at the key alone, not at what the secret made.
  it('keeps nothing with wrong credentials, and leaves the file where it is', async () => {
    const credentials = { accessKeyId: 'nobody', secretAccessKey: 'S3RVER' };
    await expect(keepIn(storageAt(server.endpoint, { credentials }))).rejects.toMatchObject({ problem: 'storage' });
    expect(existsSync(path)).toBe(true);
    expect(await octetsOf(await storageAt(server.endpoint).open('s3://recordings/2026/01/01/acc/rec_1.mp3'))).toBe(
      undefined,
    );
  });

  it('keeps it when the server is there again', async () => {
    const storage = storageAt(server.endpoint);
    await server.down();
    await expect(keepIn(storage)).rejects.toMatchObject({ problem: 'storage' });
    expect(existsSync(path)).toBe(true);
    await server.up();
    const location = await keepIn(storage);
    await server.down();
    await expect(storage.open(location)).rejects.toMatchObject({ problem: 'storage' });
    await expect(storage.remove(location)).rejects.toMatchObject({ problem: 'storage' });
    await server.up();
    expect((await octetsOf(await storage.open(location)))?.equals(sound)).toBe(true);
  });
});

describe('S3Storage without one', () => {
  it('leaves no file open, and nothing on the console', async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const said: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => said.push(fields) };
    const storage = storageAt(`http://127.0.0.1:${await sparePort()}`, { logger });
    for (let i = 0; i < 20; i++) await expect(keepIn(storage)).rejects.toMatchObject({ problem: 'storage' });
    await eventually(() => timesOpen() === 0, waits);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    expect(said[0]).toEqual({ said: expect.stringContaining('non-retryable') });
  });

  it('says that a file cannot be read, and does not take it for gone', async () => {
    const storage = storageAt(`http://127.0.0.1:${await sparePort()}`);
    await expect(storage.keep(join(path, 'x'), 'a.mp3', 'audio/mpeg')).rejects.toMatchObject({ problem: 'storage' });
  });

  it('tells what a store says that refuses the secret, and keeps the file', async () => {
    // As Amazon S3 and MinIO answer a signature that another secret made.
    const refusal =
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code>' +
      '<Message>The request signature we calculated does not match the signature you provided.</Message></Error>';
    const refusing = createHttpServer((request, response) => {
      request.resume().on('end', () => response.writeHead(403, { 'content-type': 'application/xml' }).end(refusal));
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    try {
      const storage = storageAt(`http://127.0.0.1:${(refusing.address() as { port: number }).port}`);
      await expect(keepIn(storage)).rejects.toThrow(
        /cannot be stored: The request signature we calculated does not match/,
      );
      expect(existsSync(path)).toBe(true);
      await eventually(() => timesOpen() === 0, waits);
      await expect(storage.open('s3://recordings/a.mp3')).rejects.toMatchObject({ problem: 'storage' });
    } finally {
      refusing.close();
    }
  });

  describe('that takes connections and never answers', () => {
    let silent: Server;
    const sockets: Socket[] = [];
    beforeAll(async () => {
      silent = createServer((socket) => {
        sockets.push(socket.on('error', () => {}).resume());
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const endpoint = () => `http://127.0.0.1:${(silent.address() as { port: number }).port}`;

    it('gives up after a while', async () => {
      await expect(keepIn(storageAt(endpoint(), { silenceMs: 300 }))).rejects.toMatchObject({ problem: 'storage' });
      expect(existsSync(path)).toBe(true);
      await eventually(() => timesOpen() === 0, waits);
    });

    it('gives up when the file itself breaks off', async () => {
      await expect(storageAt(endpoint()).keep(folder, 'a.mp3', 'audio/mpeg')).rejects.toThrow('EISDIR');
    });

    it('gives up what is under way when it is closed, and takes nothing more', async () => {
      const storage = storageAt(endpoint());
      const seen = sockets.length;
      const kept = expect(keepIn(storage)).rejects.toThrow('the server stops');
      await eventually(() => sockets.length > seen, waits);
      await storage.close();
      await kept;
      await expect(keepIn(storage)).rejects.toThrow('the server stops');
      expect(existsSync(path)).toBe(true);
      await eventually(() => timesOpen() === 0, waits);
    });
  });
});
