import type {
  CallRecord,
  CallRecordingState,
  RecordingAnswer,
  RecordingControl,
  RecordingOrder,
  RecordingOrderProblem,
  RecordingParty,
} from '@intermix/calls';
import type { Logger } from '@intermix/kernel';
import { RecordingError, type RecordingProblem } from '../errors.js';
import type { RecordingSettingsStore } from '../ports/recording-store.js';
import type { RecordingService } from './recording-service.js';

const problems: Partial<Record<RecordingProblem, RecordingOrderProblem>> = {
  'already-recording': 'already-recording',
  'not-running': 'not-running',
};

/** Carries out what the devices in a call ask of its recording, where `control` of the app's settings lets them. */
export class DeviceControl implements RecordingControl {
  readonly #recordings: RecordingService;
  readonly #settings: Pick<RecordingSettingsStore, 'find'>;
  readonly #logger: Logger;

  constructor(deps: {
    recordings: RecordingService;
    settings: Pick<RecordingSettingsStore, 'find'>;
    logger: Logger;
  }) {
    this.#recordings = deps.recordings;
    this.#settings = deps.settings;
    this.#logger = deps.logger;
  }

  /** Rejects when the settings cannot be read. */
  async order(call: CallRecord, party: RecordingParty, order: RecordingOrder): Promise<RecordingAnswer> {
    const { callSid } = call;
    const { do: step } = order;
    if (step === 'status') return { state: this.#stateOf(callSid) };
    const { userId, legId } = party;
    if (!(await this.#isAllowed(call, party))) {
      this.#logger.info({ callSid, legId, userId, step }, 'the app does not let its users control recordings');
      return { state: this.#stateOf(callSid), problem: 'not-allowed' };
    }
    try {
      await this.#carryOut(call, order);
      this.#logger.info({ callSid, legId, userId, step }, 'recording controlled from the call');
      return { state: this.#stateOf(callSid) };
    } catch (error) {
      return { state: this.#stateOf(callSid), ...refusalOf(error) };
    }
  }

  /** The call's app decides, of a call that is no app's the app of the user; users of other apps have no say. */
  async #isAllowed({ accountSid, appId }: CallRecord, party: RecordingParty): Promise<boolean> {
    if (party.appId === undefined || (appId !== undefined && appId !== party.appId)) return false;
    return (await this.#settings.find(accountSid, party.appId))?.control === 'agent';
  }

  async #carryOut({ accountSid, callSid }: CallRecord, { do: step, ...wish }: RecordingOrder): Promise<void> {
    const recordings = this.#recordings;
    if (step === 'start') {
      await recordings.startFor(accountSid, callSid, wish);
      return;
    }
    const running = recordings.runningOf(callSid);
    if (!running) throw RecordingError.notRunning();
    const { recordingSid } = running.recording;
    if (step === 'pause') await recordings.pause(accountSid, callSid, recordingSid);
    else if (step === 'resume') await recordings.resume(accountSid, callSid, recordingSid);
    else await recordings.stopFor(accountSid, callSid, recordingSid);
    if (step === 'stop') await running.ended; // So that the next `start` finds none.
  }

  #stateOf(callSid: string): CallRecordingState {
    const running = this.#recordings.runningOf(callSid);
    if (!running) return 'off';
    return running.isPaused ? 'paused' : 'recording';
  }
}

function refusalOf(error: unknown): Pick<RecordingAnswer, 'problem' | 'detail'> {
  if (!(error instanceof RecordingError)) throw error;
  return { problem: problems[error.problem] ?? 'failed', detail: error.message };
}
