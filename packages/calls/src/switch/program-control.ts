import type { MediaAttachment, MediaLeg, PlayEnd, ToneSpec } from '@intermix/media';
import type { CallControl, ConnectOutcome, ConnectRequest } from '../control/call-control.js';
import type { RecordingWish } from '../control/recording-wish.js';
import { CallError } from '../errors.js';
import type { CallRecord, Termination } from '../ports/call-store.js';
import type { CallFrame } from './call-course.js';
import { type CallEnding, endedByProgram } from './call-ending.js';
import type { CalleeLeg } from './callee-leg.js';
import { ConnectAttempt } from './connect-attempt.js';
import type { InfoDigit } from './dtmf-info.js';
import type { Leg, LegLoss } from './leg.js';

type DigitListener = (digit: { digit: string; durationMs: number }) => void;

/** Steps that one call's program may note; the rest is left out. */
const maxNotes = 1_000;
const maxNoteLength = 8_192;
const noteType = /^[a-z][a-z0-9-]{0,47}$/;

/** A call in its program's hands: see `CallControl` for what each method means. */
export class ProgramControl implements CallControl {
  readonly #frame: CallFrame;
  readonly #abort = new AbortController();
  readonly #digitListeners = new Set<DigitListener>();
  #legs: CalleeLeg[] = [];
  #answering: Promise<void> | undefined;
  #attempt: ConnectAttempt | undefined;
  #notes = 0;
  #stopDigits: (() => void) | undefined;

  constructor(frame: CallFrame) {
    this.#frame = frame;
  }

  get call(): CallRecord {
    return this.#frame.record();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** All that were ever rung. */
  get legs(): readonly CalleeLeg[] {
    return this.#legs;
  }

  answer(): Promise<void> {
    return this.#whileUp(() => this.begin());
  }

  playFile(path: string, options: { loop?: boolean } = {}): Promise<PlayEnd> {
    return this.#withMedia((media) => media.playFile(path, options));
  }

  playTone(tone: ToneSpec): Promise<void> {
    return this.#withMedia((media) => media.play(tone));
  }

  stopPlaying(): Promise<void> {
    return this.#withMedia((media) => media.stop());
  }

  onDigit(listener: DigitListener): () => void {
    this.#listenToDigits();
    this.#digitListeners.add(listener);
    return () => this.#digitListeners.delete(listener);
  }

  attach(kind: string, spec: unknown): Promise<MediaAttachment> {
    return this.#withMedia((media) => media.attach(kind, spec));
  }

  connect(request: ConnectRequest): Promise<ConnectOutcome> {
    return handled(this.#connect(request));
  }

  record(wish: RecordingWish): void {
    this.#frame.wishRecording(wish);
  }

  note(type: string, data: Record<string, unknown>): void {
    if (this.#frame.over || this.#notes++ >= maxNotes) return;
    const isWritable = noteType.test(type) && lengthOf(data) <= maxNoteLength;
    if (isWritable) void this.#frame.story.tell(type, { data });
    else this.#frame.logger.warn({ type: type.slice(0, 64) }, 'a step of a program is too long to be noted');
  }

  hangup(reason: Termination['reason'] = 'hangup'): void {
    this.#frame.finish(endedByProgram(reason, this.#frame.isAnswered));
  }

  /** Answers, at most once. Rejects with SdpError when the two have no codec in common, and that ends the call. */
  begin(): Promise<void> {
    this.#answering ??= handled(this.#answer());
    return this.#answering;
  }

  /** A party that was rung is gone. The call goes on: the program has the calling party still. */
  handleLost(leg: CalleeLeg, loss: LegLoss): boolean {
    return this.#attempt?.handleLost(leg, loss) ?? true;
  }

  handleDigit(leg: Leg, digit: InfoDigit): void {
    const { leg: caller } = this.#frame.calling;
    if (leg !== caller) {
      caller?.sendDigit(digit.digit, digit.durationMs);
      return;
    }
    this.#attempt?.joined?.sendDigit(digit.digit, digit.durationMs);
    this.#tellDigit(digit);
  }

  rejoin(): void {
    this.#attempt?.rejoin();
  }

  end(ending: CallEnding): void {
    this.#stopDigits?.();
    this.#digitListeners.clear();
    this.#attempt?.end(ending);
    this.#abort.abort(ending.termination);
  }

  /** The record first, then the far end is told. */
  async #answer(): Promise<void> {
    const { calling, story } = this.#frame;
    try {
      await calling.answerAlone();
    } catch (error) {
      this.#frame.breakDown(error);
      throw error;
    }
    const { leg } = calling;
    if (this.#frame.over || !leg) throw this.#over();
    story.markAnswered(undefined);
    leg.markAnswered();
    await story.tell('call-answered', { leg, legs: [leg] });
    if (!this.#frame.accept(leg)) throw this.#over();
    // Of a late offer the answer comes with the ACK; there is nothing to speak in before.
    if (leg.media.codec === undefined) await new Promise<void>((resolve) => void leg.on('agreed', resolve));
  }

  async #connect(request: ConnectRequest): Promise<ConnectOutcome> {
    await this.answer();
    if (this.#frame.over) throw this.#over(); // It may have ended in the same turn: nobody would end what rings then.
    if (this.#attempt) throw CallError.alreadyConnecting(this.call.callSid);
    const attempt = new ConnectAttempt(request, this.#frame, (legs) => this.#legs.push(...legs));
    this.#attempt = attempt;
    try {
      return await attempt.run();
    } finally {
      this.#attempt = undefined;
    }
  }

  #withMedia<T>(use: (media: MediaLeg) => Promise<T>): Promise<T> {
    return this.#whileUp(async () => {
      await this.begin();
      const { leg } = this.#frame.calling;
      if (this.#frame.over || !leg) throw this.#over();
      return use(leg.media);
    });
  }

  /** Rejects with `call-over` as soon as the call is, whatever the work is waiting for. */
  #whileUp<T>(work: () => Promise<T>): Promise<T> {
    if (this.#frame.over) return handled(Promise.reject(this.#over()));
    const done = new Promise<T>((resolve, reject) => {
      const gone = () => reject(this.#over());
      this.signal.addEventListener('abort', gone, { once: true });
      const settled = () => this.signal.removeEventListener('abort', gone);
      work()
        .then(resolve, (error: unknown) => reject(this.#frame.over ? this.#over() : error))
        .finally(settled);
    });
    return handled(done);
  }

  #over(): CallError {
    return CallError.callOver(this.#frame.record().callSid);
  }

  #listenToDigits(): void {
    const { leg } = this.#frame.calling;
    if (this.#stopDigits || this.#frame.over || !leg) return;
    this.#stopDigits = leg.media.on('dtmf', (digit) => this.#tellDigit(digit));
  }

  #tellDigit({ digit, durationMs }: InfoDigit): void {
    for (const listener of [...this.#digitListeners]) {
      try {
        listener({ digit, durationMs });
      } catch (error) {
        this.#frame.logger.error({ err: error }, 'a program failed at a digit');
      }
    }
  }
}

/** A program may leave a promise alone: what it rejects with then is nobody's matter. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function lengthOf(data: Record<string, unknown>): number {
  try {
    return JSON.stringify(data).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
