import { hex } from '@intermix/kernel';
import type { PageStorage, Platform } from '../platform.js';

const KEY = 'intermix.sip-instance';

/**
 * The instance id of a registration (RFC 5626 §4.1): the same after a reload, so that the server replaces the old binding
 * instead of ringing a dead one.
 *
 * Where the tabs of a profile share one registration, `sharedBy` is their address of record, and the id is theirs: the tab
 * that takes over is the same device to the server. Otherwise it is different in each tab, so that tabs do not replace one
 * another. A duplicated tab copies its opener's session storage, so the id lies there only between `pagehide` and the
 * next load.
 */
export class InstanceId {
  readonly uuid: string;
  readonly #storage: PageStorage | undefined;
  readonly #key: string;

  constructor(platform: Platform, sharedBy?: string) {
    const profile = sharedBy === undefined ? undefined : platform.profileStorage;
    this.#storage = profile ?? platform.tabStorage;
    this.#key = profile ? `${KEY}:${sharedBy}` : KEY;
    this.uuid = this.#read() ?? createUuid(platform);
    if (profile) this.leave();
    else this.#take();
  }

  /** Leaves the id for the page that loads next. */
  leave(): void {
    try {
      this.#storage?.setItem(this.#key, this.uuid);
    } catch {
      // Storage is full or forbidden: the next load gets a new id, and the old binding expires.
    }
  }

  #read(): string | undefined {
    try {
      const uuid = this.#storage?.getItem(this.#key);
      return uuid && /^[0-9a-f-]{36}$/.test(uuid) ? uuid : undefined;
    } catch {
      return undefined;
    }
  }

  #take(): void {
    try {
      this.#storage?.removeItem(this.#key);
    } catch {
      // Forbidden: there was nothing in it.
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
