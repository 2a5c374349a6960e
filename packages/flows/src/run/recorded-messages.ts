import type { CallControl } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type {
  MessageRecording,
  MessageRecordings,
  MessageTaker,
  MessageWish,
  RunningMessage,
  TakenMessage,
} from '../ports/messages.js';
import { watchSilence } from './silence-watch.js';

/** Takes messages: each a recording of its own, over at a key, at silence, at its time, or when the caller leaves. */
export class RecordedMessages implements MessageTaker {
  readonly #recordings: MessageRecordings;
  readonly #clock: Clock;

  constructor(deps: { recordings: MessageRecordings; clock: Clock }) {
    this.#recordings = deps.recordings;
    this.#clock = deps.clock;
  }

  async start(control: CallControl, wish: MessageWish): Promise<RunningMessage> {
    const recording = await this.#recordings.start(control.call, wish.format);
    try {
      return await this.#running(control, wish, recording);
    } catch (error) {
      await recording.stop();
      throw error;
    }
  }

  async #running(control: CallControl, wish: MessageWish, recording: MessageRecording): Promise<RunningMessage> {
    const startedAtMs = this.#clock.now();
    let finish: (endedBy: TakenMessage['endedBy']) => void = () => {};
    const ended = new Promise<TakenMessage['endedBy']>((resolve) => {
      finish = resolve;
    });
    const left = (): void => finish('caller');
    control.signal.addEventListener('abort', left, { once: true });
    const { silenceSec } = wish;
    const unwatch =
      silenceSec === undefined ? () => {} : await watchSilence(control, silenceSec, () => finish('silence'));
    const timer = this.#clock.schedule(wish.maxSec * 1000, () => finish('max-time'));
    if (control.signal.aborted) left();
    const taken = ended.then(async (endedBy) => {
      const durationSec = Math.round((this.#clock.now() - startedAtMs) / 1000);
      timer.cancel();
      unwatch();
      control.signal.removeEventListener('abort', left);
      await recording.stop();
      return { recordingUrl: recording.url, durationSec, endedBy };
    });
    return { taken, stop: () => finish('stopped') };
  }
}
