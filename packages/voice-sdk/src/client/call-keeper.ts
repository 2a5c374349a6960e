import type { Logger } from '@intermix/kernel';
import type { CallSnapshot } from '../call/call-types.js';
import type { VoiceCall } from '../call/voice-call.js';
import { parts } from '../parts.js';
import type { Platform } from '../platform.js';

type ResumePart = Awaited<ReturnType<typeof parts.resume>>;

/**
 * Carries the calls of a page over its reload: a page that goes leaves them in the tab's storage, where they lie until the
 * next load, some seconds at most. No secret is among them.
 */
export class CallKeeper {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #key: string;
  #part: ResumePart | undefined;
  #loading: Promise<ResumePart> | undefined;

  constructor(deps: { platform: Platform; logger: Logger; account: string }) {
    this.#platform = deps.platform;
    this.#logger = deps.logger;
    this.#key = `intermix.calls ${deps.account}`;
  }

  /** Loads what is needed: a page that goes has no time left for it. Rejects when it cannot be had. */
  load(): Promise<ResumePart> {
    this.#loading ??= parts.resume().then(
      (part) => {
        this.#part = part;
        return part;
      },
      (error: unknown) => {
        this.#loading = undefined;
        this.#logger.error({ error: String(error) }, 'exotelsdk-resume.js cannot be loaded: a reload will end calls');
        throw error;
      },
    );
    return this.#loading;
  }

  /** Leaves the calls for the page that loads next in this tab. False: they cannot be kept. */
  leave(calls: readonly VoiceCall[]): boolean {
    try {
      const { tabStorage, clock } = this.#platform;
      const snapshots = calls.map((call) => call.snapshot()).filter((snapshot) => snapshot !== undefined);
      if (!this.#part || !tabStorage || snapshots.length === 0) return false;
      tabStorage.setItem(this.#key, this.#part.writeKept(snapshots, clock.now()));
      return true;
    } catch {
      return false; // Storage is full or forbidden.
    }
  }

  /** What the page before has left, and which is not there any more then; unless it cannot be used now, by `isReady`. */
  async take(isReady: () => boolean): Promise<CallSnapshot[]> {
    try {
      const { tabStorage, clock } = this.#platform;
      const text = tabStorage?.getItem(this.#key);
      if (!text) return [];
      const { readKept } = await this.load();
      if (!isReady()) return []; // The page is reloaded again, or the connection is lost: for the next.
      tabStorage?.removeItem(this.#key);
      return readKept(text, clock.now());
    } catch {
      return [];
    }
  }
}
