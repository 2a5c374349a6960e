import { hex } from '@intermix/kernel';
import type { PageStorage, Platform } from '../platform.js';

const KEY = 'intermix.sip-instance';

/**
 * The instance id of a registration (RFC 5626 §4.1): the same after a reload, so that the server replaces the old binding
 * instead of ringing a dead one.
 *
 * Where the tabs of a profile share one registration it is theirs: the tab that takes over is the same device to the server.
 * Otherwise it is different in each tab, so that tabs do not replace one another. A duplicated tab copies its opener's
 * session storage, so the id lies there only between `pagehide` and the next load, or the page's return from the cache.
 */
export class InstanceId {
  readonly uuid: string;
  readonly #storage: PageStorage | undefined;
  readonly #isShared: boolean;
  readonly #key: string;

  /** `account`: the address of record; each has an id of its own. */
  constructor(platform: Platform, account: string, shared: boolean) {
    const profile = shared ? platform.profileStorage : undefined;
    this.#isShared = profile !== undefined;
    this.#storage = profile ?? platform.tabStorage;
    this.#key = `${KEY}:${account}`;
    this.uuid = this.#read() ?? createUuid(platform);
    if (profile) this.leave();
    else this.take();
  }

  /** Leaves the id for the page that loads next. */
  leave(): void {
    this.#try((storage) => storage?.setItem(this.#key, this.uuid));
  }

  /** The id is this page's alone: nothing is left for another one. */
  take(): void {
    if (!this.#isShared) this.#try((storage) => storage?.removeItem(this.#key));
  }

  #read(): string | undefined {
    const uuid = this.#try((storage) => storage?.getItem(this.#key));
    return uuid && /^[0-9a-f-]{36}$/.test(uuid) ? uuid : undefined;
  }

  #try<T>(step: (storage: PageStorage | undefined) => T): T | undefined {
    try {
      return step(this.#storage);
    } catch {
      return undefined; // Storage is full or forbidden: the next load gets a new id, and the old binding expires.
    }
  }
}

/** A random UUID, RFC 9562 §5.4. `crypto.randomUUID` is missing on plain http pages. */
function createUuid(platform: Platform): string {
  const bytes = platform.random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const text = hex(bytes);
  const groups = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)];
  return groups.join('-');
}
