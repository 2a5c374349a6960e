import type { CallControl } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type { MessageRecorder, MessageWish, RunningMessage, TakenMessage } from '../ports/messages.js';

/**
 * Takes a message into the call's own recording: it is asked for from now on, and the message is over at a key, at its time,
 * or when the caller leaves. Its URL is told by `recording_ready` when the call is over.
 */
export class CallMessageRecorder implements MessageRecorder {
  readonly #clock: Clock;

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  async start(control: CallControl, { format, maxSec }: MessageWish): Promise<RunningMessage> {
    const startedAtMs = this.#clock.now();
    control.record({ channels: 'single', format });
    let finish: (endedBy: TakenMessage['endedBy']) => void = () => {};
    const taken = new Promise<TakenMessage>((resolve) => {
      finish = (endedBy) => {
        timer.cancel();
        control.signal.removeEventListener('abort', left);
        const durationSec = Math.round((this.#clock.now() - startedAtMs) / 1000);
        resolve({ recordingUrl: undefined, durationSec, endedBy });
      };
    });
    const left = (): void => finish('caller');
    const timer = this.#clock.schedule(maxSec * 1000, () => finish('max-time'));
    control.signal.addEventListener('abort', left, { once: true });
    if (control.signal.aborted) left();
    return { taken, stop: () => finish('stopped') };
  }
}
