import {
  type CallControl,
  CallError,
  type CallRecord,
  type ConnectOutcome,
  type ConnectRequest,
  partyName,
  type RecordingWish,
} from '@intermix/calls';
import type { AttachmentEnd, MediaAttachment, PlayEnd, ToneSpec } from '@intermix/media';

type DigitListener = (digit: { digit: string; durationMs: number }) => void;

export const testCall: CallRecord = {
  callSid: 'c0ffee',
  accountSid: 'acc',
  appId: 'crm',
  direction: 'inbound',
  from: '+919876543210',
  to: '+918047100000',
  status: 'in-progress',
  createdAt: new Date('2026-01-01T04:00:00Z'),
  answeredAt: new Date('2026-01-01T04:00:05Z'),
  endedAt: undefined,
  durationSec: 0,
  termination: undefined,
  userId: undefined,
  exophone: '+918047100000',
  customField: undefined,
};

/** A call in a test's hands: keeps what it was told, and answers as the test says. */
export class FakeCallControl implements CallControl {
  call: CallRecord;
  /** Everything that was ordered, in order: `answer`, `play /x.wav`, `connect …`. */
  readonly log: string[] = [];
  readonly notes: Array<Record<string, unknown>> = [];
  readonly connects: ConnectRequest[] = [];
  readonly attachments: Array<{ kind: string; spec: unknown; isClosed: boolean; end(result: unknown): void }> = [];
  failAttach = false;
  /** Outcomes of `connect`, the first for the first; then all complete. */
  outcomes: Array<Partial<ConnectOutcome>> = [];
  /** Prompts last until they are stopped. */
  holdsPrompts = false;
  readonly #aborter = new AbortController();
  readonly #listeners = new Set<DigitListener>();
  #playing: ((end: PlayEnd) => void) | undefined;

  constructor(changes: Partial<CallRecord> = {}) {
    this.call = { ...testCall, ...changes };
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Who still hears digits. */
  get digitListeners(): number {
    return this.#listeners.size;
  }

  /** The caller presses keys. */
  press(digits: string): void {
    for (const digit of digits) for (const listener of [...this.#listeners]) listener({ digit, durationMs: 100 });
  }

  /** The caller hangs up. */
  leave(): void {
    this.#aborter.abort({ by: 'caller', reason: 'hangup', sipStatus: undefined });
    this.#playing?.({ how: 'stopped', playedMs: 1 });
  }

  /** The prompt comes to its end. */
  promptEnds(): void {
    this.#playing?.({ how: 'played', playedMs: 1000 });
    this.#playing = undefined;
  }

  async answer(): Promise<void> {
    this.#refuseWhenOver();
    if (!this.log.includes('answer')) this.log.push('answer');
  }

  async playFile(path: string, options?: { loop?: boolean }): Promise<PlayEnd> {
    await this.answer();
    this.log.push(`play ${path}${options?.loop ? ' for ever' : ''}`);
    if (!this.holdsPrompts) return { how: 'played', playedMs: 1000 };
    return new Promise((resolve) => {
      this.#playing = resolve;
    });
  }

  async playTone(tone: ToneSpec): Promise<void> {
    await this.answer();
    this.log.push(`tone ${tone.frequenciesHz.join('+')}`);
  }

  async stopPlaying(): Promise<void> {
    this.log.push('stop');
    this.#playing?.({ how: 'stopped', playedMs: 500 });
    this.#playing = undefined;
  }

  onDigit(listener: DigitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async attach(kind: string, spec: unknown): Promise<MediaAttachment> {
    await this.answer();
    if (this.failAttach) throw new Error('no media');
    let end: (result: unknown) => void = () => {};
    const ended = new Promise<AttachmentEnd>((resolve) => {
      end = (result) => resolve({ how: 'ended', result });
    });
    const attached = { kind, spec, isClosed: false, end };
    this.attachments.push(attached);
    const close = () => {
      attached.isClosed = true;
    };
    return { callId: this.call.callSid, legId: 'leg', kind, ended, onEvent: () => () => {}, tell() {}, close };
  }

  async connect(request: ConnectRequest): Promise<ConnectOutcome> {
    await this.answer();
    this.connects.push(request);
    const names = request.parties.map(partyName);
    this.log.push(`connect ${names.join(' ')}`);
    const outcome = this.outcomes.shift();
    const completed = { status: 'completed', reason: 'hangup', party: names[0], dialledSec: 12, talkedSec: 7 } as const;
    return { ...completed, endedBy: 'callee', ...outcome };
  }

  record(wish: RecordingWish): void {
    this.log.push(`record ${JSON.stringify(wish)}`);
  }

  note(type: string, data: Record<string, unknown>): void {
    this.#refuseWhenOver();
    this.notes.push({ type, ...data });
  }

  hangup(): void {
    this.log.push('hangup');
  }

  #refuseWhenOver(): void {
    if (this.signal.aborted) throw CallError.unknownCall(this.call.callSid);
  }
}
