import type { CallOrder, CallRecord, CallStore, PlaceCallRequest, Switch } from '@intermix/calls';
import type { Clock, Logger } from '@intermix/kernel';
import type { PromptFiles } from '@intermix/speech';
import type { AppSettingsStore } from '@intermix/store';

export interface AppPlaybackDeps {
  switch: Pick<Switch, 'placeCall'>;
  settings: Pick<AppSettingsStore, 'find'>;
  prompts: Pick<PromptFiles, 'fileFor'>;
  calls: Pick<CallStore, 'apply'>;
  clock: Clock;
  logger: Logger;
}

/** How long a call waits to be placed for the audio of its app; then it is placed without. */
const patienceMs = 4_000;

/** Places users' calls with what their app has played to both before they are joined: its setting `playback`. */
export class AppPlayback {
  readonly #deps: AppPlaybackDeps;

  constructor(deps: AppPlaybackDeps) {
    this.#deps = deps;
  }

  /** As the switch's `placeCall`. Audio that cannot be played hinders no call; its record tells why. */
  async placeCall(request: PlaceCallRequest): Promise<CallRecord> {
    const { accountSid, appId } = request.user;
    const url = (await this.#deps.settings.find(accountSid, appId))?.playbackUrl;
    if (url === undefined) return this.#deps.switch.placeCall(request);
    const sound = await this.#soundOf(accountSid, url);
    const { user, to, customField } = request;
    const order: CallOrder = { from: { user }, to: { number: to }, customField };
    if ('path' in sound)
      return this.#deps.switch.placeCall({ ...order, announcement: { file: sound.path, to: 'both' } });
    const call = await this.#deps.switch.placeCall(order);
    this.#tellUnplayed(call, sound.why);
    return call;
  }

  async #soundOf(accountSid: string, url: string): Promise<{ path: string } | { why: string }> {
    try {
      return await this.#inTime(this.#deps.prompts.fileFor(accountSid, { url }));
    } catch (error) {
      return { why: error instanceof Error ? error.message : String(error) };
    }
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`The audio was not there within ${patienceMs / 1_000} s.`));
      const timer = this.#deps.clock.schedule(patienceMs, late);
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #tellUnplayed({ callSid }: CallRecord, why: string): void {
    const { calls, clock, logger } = this.#deps;
    logger.warn({ callSid, why }, 'the audio that an app has played before its calls cannot be played');
    const data = { parameter: 'playback', why };
    const event = { callSid, legId: undefined, type: 'audio-unplayed', at: new Date(clock.now()), data };
    calls.apply({ call: { callSid }, events: [event] }).catch((error: unknown) => {
      logger.warn({ err: error, callSid }, 'an event of a call could not be written');
    });
  }
}
