import fs from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** The part of Emscripten's NODEFS that the hook replaces. An internal of PGlite: its version is pinned exactly. */
interface NodeFsModule {
  NODEFS: {
    stream_ops: { fsync?: (stream: { nfd?: number; node: unknown }) => number };
    realPath(node: unknown): string;
  };
}

type InitOptions = Parameters<NodeFS['init']>[1];

/**
 * The file system of the embedded database, with the `fsync` that PGlite's own lacks: without it a commit survives
 * `kill -9` but not a power cut, although `SHOW fsync` says `on`. A test counts the syncs, so that an upgrade of
 * PGlite cannot drop them silently.
 */
export class DurableNodeFS extends NodeFS {
  override async init(pg: PGlite, options: InitOptions): ReturnType<NodeFS['init']> {
    const result = await super.init(pg, options);
    const preRun = result.emscriptenOpts.preRun as unknown as Array<(module: NodeFsModule) => void>;
    preRun.push((module) => {
      module.NODEFS.stream_ops.fsync = (stream) => {
        if (stream.nfd !== undefined) fs.fdatasyncSync(stream.nfd);
        else syncPath(module.NODEFS.realPath(stream.node)); // A folder has no descriptor of its own here.
        return 0;
      };
    });
    return result;
  }
}

/** Asks the disk to keep a file, or a folder's list of files. */
export function syncPath(path: string): void {
  const descriptor = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
