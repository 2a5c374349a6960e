import type { Clock, Logger } from '@intermix/kernel';
import type { AppIdentitySource, AppNotificationSettingsSource, CallerDirectory } from '../ports/app-notifications.js';
import type { CallerInfo } from './happening.js';
import type { AppFacts } from './make-notice.js';

export interface AppContextDeps {
  settings: AppNotificationSettingsSource;
  identities: AppIdentitySource;
  contacts: CallerDirectory;
  clock: Clock;
  logger: Logger;
}

/**
 * How long a step of a call waits for where to tell it; `LateNotices` has more time. The call's own rows wait for the same
 * database.
 */
const settingsPatienceMs = 1_500;
/** How long for a caller's name, which is no more than an ornament. */
const contactPatienceMs = 250;
const maxRemembered = 10_000;

/** What notifications need of an app. A lookup that fails or is slow costs the call nothing: the last answer stands in. */
export class AppContext {
  readonly #deps: AppContextDeps;
  readonly #last = new Map<string, AppFacts>();

  constructor(deps: AppContextDeps) {
    this.#deps = deps;
  }

  /**
   * Undefined when they cannot be read in time, and never were. Never rejects. `patienceMs`: where no call waits for it,
   * longer than a step would.
   */
  async facts(accountSid: string, appId: string, patienceMs = settingsPatienceMs): Promise<AppFacts | undefined> {
    const { settings, identities } = this.#deps;
    const found = await this.#inTime('settings of an app', patienceMs, async () => {
      const [ofApp, identity] = await Promise.all([
        settings.find(accountSid, appId),
        identities.find(accountSid, appId),
      ]);
      return { settings: ofApp, identity };
    });
    if (!found) return this.#last.get(appId);
    this.#remember(appId, found);
    return found;
  }

  /** The directory's entry of the caller's number, if the app has one. Never rejects. */
  caller(accountSid: string, appId: string, number: string): Promise<CallerInfo | undefined> {
    return this.#inTime('contact of an app', contactPatienceMs, () =>
      this.#deps.contacts.find(accountSid, appId, number),
    );
  }

  #remember(appId: string, facts: AppFacts): void {
    this.#last.delete(appId);
    this.#last.set(appId, facts);
    const oldest = this.#last.keys().next();
    if (this.#last.size > maxRemembered && !oldest.done) this.#last.delete(oldest.value);
  }

  #inTime<T>(what: string, patienceMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const { clock, logger } = this.#deps;
    return new Promise((resolve) => {
      const giveUp = (why: unknown) => {
        logger.warn({ err: why }, `${what} could not be read for a notification`);
        resolve(undefined);
      };
      const timer = clock.schedule(patienceMs, () => giveUp('too slow'));
      look()
        .then(resolve, giveUp)
        .finally(() => timer.cancel());
    });
  }
}
