import { hex } from '@intermix/kernel';
import type { Platform } from '../platform.js';

const KEY = 'intermix.sip-instance';

/**
 * The instance id of this tab (RFC 5626 §4.1): the same after a reload, so that the server replaces the old binding
 * instead of ringing a dead one; different in each tab, so that tabs do not replace one another. A duplicated tab copies
 * its opener's session storage, so the id lies there only between `pagehide` and the next load.
 */
export class InstanceId {
  readonly uuid: string;
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.uuid = take(platform) ?? createUuid(platform);
  }

  /** Leaves the id for the page that loads next in this tab. */
  leave(): void {
    try {
      this.#platform.tabStorage?.setItem(KEY, this.uuid);
    } catch {
      // Storage is full or forbidden: the next load gets a new id, and the old binding expires.
    }
  }
}

function take(platform: Platform): string | undefined {
  try {
    const uuid = platform.tabStorage?.getItem(KEY);
    platform.tabStorage?.removeItem(KEY);
    return uuid && /^[0-9a-f-]{36}$/.test(uuid) ? uuid : undefined;
  } catch {
    return undefined;
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
