import type { Logger } from '@intermix/kernel';
import type { CallSnapshot } from '../call/call-types.js';
import type { VoiceCall } from '../call/voice-call.js';
import { parts } from '../parts.js';
import type { Platform } from '../platform.js';

type ResumePart = Awaited<ReturnType<typeof parts.resume>>;

/** Who goes on with the calls. */
export interface CallTaker {
  /** False: they cannot be taken up now, and stay for the next page. */
  isReady(): boolean;
  take(snapshot: CallSnapshot): Promise<unknown>;
  /** A call that this page had left could not be taken up. */
  lost(call: VoiceCall): void;
}

/**
 * Carries the calls of a page over its reload: a page that goes leaves them in the tab's storage, where they lie until the
 * next load, some seconds at most. No secret is among them.
 */
export class CallKeeper {
  readonly #platform: Platform;
  readonly #logger: Logger;
  /** True while what the page before has left is being taken up. */
  taking = false;
  /** Whose calls they are: others are not taken up. */
  account: string;
  #part: ResumePart | undefined;
  #loading: Promise<ResumePart> | undefined;
  /** What this page has left for its own return, by Call-ID. */
  readonly #left = new Map<string, VoiceCall>();

  constructor(platform: Platform, logger: Logger, account: string) {
    this.#platform = platform;
    this.#logger = logger;
    this.account = account;
  }

  get #key(): string {
    return `intermix.calls ${this.account}`;
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
      const text = this.#part?.writeKept(calls, clock.now());
      if (!tabStorage || !text) return false;
      tabStorage.setItem(this.#key, text);
      for (const call of calls) this.#left.set(call.callId, call);
      return true;
    } catch {
      return false; // Storage is full or forbidden.
    }
  }

  /** Goes on with what the page before has left, or this page before it went into the back/forward cache. Never rejects. */
  async takeUp({ isReady, take, lost }: CallTaker): Promise<void> {
    if (this.taking) return;
    this.taking = true;
    const each = (snapshot: CallSnapshot) => {
      const { callId } = snapshot;
      return take(snapshot).then(
        () => this.#left.delete(callId),
        (error) => this.#logger.warn({ callId, error: String(error) }, 'a call could not be taken up'),
      );
    };
    await Promise.all((await this.#take(isReady)).map(each));
    this.taking = false;
    for (const call of this.#left.values()) lost(call);
    this.#left.clear();
  }

  /** What the page before has left, and which is not there any more then; unless it cannot be used now, by `isReady`. */
  async #take(isReady: () => boolean): Promise<CallSnapshot[]> {
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
