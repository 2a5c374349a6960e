import { createId } from '@intermix/kernel';
import type { PageStorage, Platform } from '../platform.js';

/** The channel and the storage keys over which pages written for Exotel's SDK talk to one another; names are theirs. */
const CHANNEL = 'app-data';
const ASKING = 'REQUESTING_SHARED_CREDENTIALS';
const SHARING = 'CREDENTIALS_SHARING';

type Session = (state: string, phone: string) => void;

/**
 * What Exotel's `SessionListener()` does for pages that post to their other tabs themselves: hands their messages to the
 * SessionCallback, and passes who is logged in to a new tab through the profile's storage.
 */
export class AppData {
  readonly #platform: Platform;
  readonly #session: Session;
  readonly #stops: Array<() => void> = [];

  constructor(platform: Platform, session: Session) {
    this.#platform = platform;
    this.#session = session;
    const channel = platform.createChannel(CHANNEL);
    if (channel) {
      channel.onmessage = (event) => this.#heard(event.data);
      this.#stops.push(() => channel.close());
    }
    this.#flash(ASKING, String(platform.clock.now()));
    this.#stops.push(platform.onStorage((key, value) => this.#stored(key, value)));
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #heard(data: unknown): void {
    const said = (data ?? {}) as Record<string, unknown>;
    const currentUser = get(this.#platform.profileStorage, 'currentUser');
    if (said.message === 're-register-needed') this.#session('re-register', said.hashMsg as string);
    else if (said.message === 'logout') this.#session('logout', '');
    else if (said.message === 'login-successful') {
      this.#session('login-successful', JSON.stringify({ phone: currentUser, tabHash: said.tabHash }));
    } else if (get(this.#platform.tabStorage, 'activeSessionTab') !== null && typeof said.callState === 'string') {
      this.#session(said.callState, said.callNumber as string);
    }
  }

  #stored(key: string | null, value: string | null): void {
    const tab = this.#platform.tabStorage;
    if (key === ASKING && value !== null) this.#share();
    else if (key === SHARING && value !== null) this.#shared(value);
    else if (key === 'CREDENTIALS_FLUSH') {
      for (const name of ['user', 'selectedPhone', 'isAuthenticated', 'activeSession']) remove(tab, name);
    } else if (key === 'CALL_FLUSH') remove(tab, 'activeSession');
  }

  #share(): void {
    const user = get(this.#platform.tabStorage, 'user');
    const selectedPhone = get(this.#platform.profileStorage, 'selectedPhone');
    this.#flash(SHARING, JSON.stringify({ user, selectedPhone }));
  }

  #shared(value: string): void {
    const { tabStorage: tab, profileStorage: profile } = this.#platform;
    const { user } = (parse(value) ?? {}) as { user?: string };
    set(tab, 'user', String(user ?? null));
    set(tab, 'isAuthenticated', 'true');
    const tabs = parse(get(profile, 'tabs'));
    if (!Array.isArray(tabs)) return; // The page keeps no list: there is nothing to find one's place in.
    const isParent = get(tab, 'activeSessionTab') === 'parent0';
    if (isParent && tabs.length > 1 && !this.#platform.visible) return;
    if (isParent && tabs.length <= 1) {
      tabs.push({ tabID: createId('', 16, this.#platform.random), tabType: 'child', tabStatus: 'active' });
      set(profile, 'tabs', JSON.stringify(tabs));
    }
    const last = tabs.at(-1) as { tabID?: unknown } | undefined;
    if (last?.tabID !== undefined) set(tab, 'activeSessionTab', String(last.tabID));
  }

  /** Other tabs see a change; nothing stays. */
  #flash(key: string, value: string): void {
    set(this.#platform.profileStorage, key, value);
    remove(this.#platform.profileStorage, key);
  }
}

function get(storage: PageStorage | undefined, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function set(storage: PageStorage | undefined, key: string, value: string): void {
  try {
    storage?.setItem(key, value);
  } catch {
    // Full or forbidden: the other tab hears nothing.
  }
}

function remove(storage: PageStorage | undefined, key: string): void {
  try {
    storage?.removeItem(key);
  } catch {
    // Forbidden: there was nothing to take away.
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}
