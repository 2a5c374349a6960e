import type { Clock } from '@intermix/kernel';
import type { ExtraHeaders, IncomingRequest, InviteSession, SipResponse } from '@intermix/sip';
import type { RecordingOptions, RecordingState, RecordingStep } from '../call/call-recording.js';
import type { TellOfCall } from '../call/call-types.js';
import { type HeaderMap, headerIn } from '../call/header-map.js';
import type { VoiceCall } from '../call/voice-call.js';
import { VoiceError, type VoiceProblem } from '../errors.js';

const infoPackage = 'intermix-recording';
/** From the server's 200 to its word of what became of an order: a stop waits for the end of the file. */
const answerMs = 10_000;
const states: readonly unknown[] = ['off', 'recording', 'paused'] satisfies RecordingState[];
/** How a server says that it does not know INFO, this package, or its body. */
const unknownHere = [405, 415, 469, 489, 501];

/** What the server tells, unasked or as its answer to the order of that id. */
interface Told {
  state: RecordingState;
  id?: number;
  problem?: string;
  detail?: string;
}

export interface RecordingLineDeps {
  call: VoiceCall;
  session: InviteSession;
  clock: Clock;
  /** Of the server's INVITE or 200, where `Recv-Info` says what it takes. */
  headers: HeaderMap;
  tell: TellOfCall;
}

const problems: Readonly<Record<string, VoiceProblem>> = {
  'not-allowed': 'recording-not-allowed',
  'already-recording': 'wrong-state',
  'not-running': 'wrong-state',
};

const lines = new WeakMap<InviteSession, RecordingLine>();

/** The one line of this call. */
export function lineOf(deps: RecordingLineDeps): RecordingLine {
  const line = lines.get(deps.session) ?? new RecordingLine(deps);
  lines.set(deps.session, line);
  return line;
}

/**
 * Speaks with the server of a call's recording, by INFO in the call's dialog (RFC 6086), which needs no other credentials than the
 * call has. One order is under way at a time; a 200 says that it was understood, and an INFO of the server what became of it.
 */
export class RecordingLine {
  readonly #deps: RecordingLineDeps;
  readonly #waiting = new Map<number, { resolve(state: RecordingState): void; reject(error: VoiceError): void }>();
  #last: Promise<unknown> = Promise.resolve();
  #lastId = 0;

  constructor(deps: RecordingLineDeps) {
    this.#deps = deps;
    const { call, session } = deps;
    session.on('ended', () => {
      for (const { reject } of this.#waiting.values()) reject(callEnded());
    });
    // What was told while the page was away went nowhere.
    call.on('reconnected', (what) => {
      if (what === 'signalling') this.order('status').catch(() => {});
    });
  }

  /** Orders are carried out in the order in which they are given. */
  order(step: RecordingStep | 'status', options: RecordingOptions = {}): Promise<RecordingState> {
    const ordered = this.#last.then(() => this.#order(step, options));
    this.#last = ordered.catch(() => {});
    return ordered;
  }

  /** An INFO of the server. */
  take(info: IncomingRequest): void {
    const name = info.request.headers.get('Info-Package');
    const told = name?.toLowerCase() === infoPackage ? readTold(info.request.bodyText) : undefined;
    if (name === undefined) info.respond(415, { headers: [['Accept', 'application/sdp']] });
    else if (name.toLowerCase() !== infoPackage)
      info.respond(469, { reason: 'Bad Info Package', headers: [['Recv-Info', infoPackage]] });
    else if (!told) info.respond(400);
    else {
      info.respond(200);
      this.#told(told);
    }
  }

  #told(told: Told): void {
    const { call, tell } = this.#deps;
    const recording = call.recording as { state: RecordingState };
    const isNews = recording.state !== told.state;
    recording.state = told.state; // First: who waits for the step reads it.
    const waiting = told.id === undefined ? undefined : this.#waiting.get(told.id);
    if (told.problem === undefined) waiting?.resolve(told.state);
    else waiting?.reject(refused(told.problem, told.detail));
    if (isNews) tell('recording', told.state);
  }

  async #order(step: RecordingStep | 'status', { channels, format }: RecordingOptions): Promise<RecordingState> {
    const { session, headers, clock } = this.#deps;
    if (session.ended) throw callEnded();
    if (!headerIn(headers, 'Recv-Info').toLowerCase().includes(infoPackage)) throw notSupported();
    const id = ++this.#lastId;
    const answer = new Promise<RecordingState>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    answer.catch(() => {}); // It may come before anybody waits for it.
    try {
      checkTaken(await this.#send({ id, do: step, channels, format }));
      const timer = clock.schedule(answerMs, () => this.#waiting.get(id)?.reject(refused('failed', 'no answer')));
      return await answer.finally(() => timer.cancel());
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #send(order: object): Promise<SipResponse> {
    const { session } = this.#deps;
    const headers: ExtraHeaders = [
      ['Info-Package', infoPackage],
      ['Content-Disposition', 'Info-Package'],
    ];
    try {
      return await session.request('INFO', {
        headers,
        body: { type: 'application/json', content: JSON.stringify(order) },
      });
    } catch (cause) {
      if (session.ended) throw callEnded(cause);
      throw new VoiceError('connection-lost', 'the server could not be asked', { cause });
    }
  }
}

function checkTaken({ status }: SipResponse): void {
  if (unknownHere.includes(status)) throw notSupported(status);
  if (status >= 300) throw new VoiceError('recording-failed', `the server refused the step (${status})`, { status });
}

/** Undefined when it is none. */
function readTold(text: string): Told | undefined {
  try {
    const told = JSON.parse(text) as Told | null;
    return states.includes(told?.state) ? (told as Told) : undefined;
  } catch {
    return undefined;
  }
}

function refused(problem: string, detail = problem): VoiceError {
  return new VoiceError(problems[problem] ?? 'recording-failed', `the recording stays as it is: ${detail}`);
}

function notSupported(status?: number): VoiceError {
  const options = status === undefined ? {} : { status };
  return new VoiceError('not-supported-by-server', 'the server takes no orders for recordings', options);
}

function callEnded(cause?: unknown): VoiceError {
  return new VoiceError('call-ended', 'the call is over', { cause });
}
