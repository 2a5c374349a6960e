import { type Logger, type Random, TypedEmitter } from '@intermix/kernel';
import type { MediaAttachment, PlayEnd } from '../attachments/attachment.js';
import { MediaError } from '../errors.js';
import { eventOfDigit } from '../rtp/telephone-event.js';
import type { LocalTransport } from '../sdp/descriptions.js';
import { type Agreement, LegDescription } from '../sdp/leg-description.js';
import type {
  AnswerOptions,
  CodecName,
  LegKind,
  LegStats,
  MediaDirection,
  MediaLeg,
  MediaLegEvents,
  OfferOptions,
  ToneSpec,
} from '../types.js';
import type { EmbeddedAttachments } from './embedded-attachments.js';
import type { MediaProcess } from './media-process.js';
import type { LegEventMessage, LegKey } from './messages.js';

const defaultDigitMs = 160;
const maxDigits = 64;
const maxFrequencies = 4;
const maxCadenceSteps = 8;

/** A leg in the server: holds its SDP, and speaks for its endpoint in the media process. */
export class EmbeddedLeg extends TypedEmitter<MediaLegEvents> implements MediaLeg {
  readonly kind: LegKind;
  readonly callId: string;
  readonly legId: string;
  readonly #key: LegKey;
  readonly #process: MediaProcess;
  readonly #attachments: EmbeddedAttachments;
  readonly #description: LegDescription;
  readonly #logger: Logger;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: {
    kind: LegKind;
    key: LegKey;
    process: MediaProcess;
    attachments: EmbeddedAttachments;
    transport: LocalTransport;
    random: Random;
    logger: Logger;
  }) {
    super();
    this.kind = options.kind;
    this.callId = options.key.callId;
    this.legId = options.key.legId;
    this.#key = { callId: this.callId, legId: this.legId };
    this.#process = options.process;
    this.#attachments = options.attachments;
    this.#logger = options.logger.child({ callId: this.callId, legId: this.legId });
    this.#description = new LegDescription({ transport: options.transport, random: options.random });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get codec(): CodecName | undefined {
    return this.#description.agreement?.media.codec;
  }

  get direction(): MediaDirection {
    return this.#description.agreement?.media.direction ?? 'inactive';
  }

  /** The process that carries this leg. */
  get process(): MediaProcess {
    return this.#process;
  }

  offer(options?: OfferOptions): Promise<string> {
    return this.#inTurn(async () => this.#description.offer(options));
  }

  acceptAnswer(sdp: string): Promise<void> {
    return this.#inTurn(async () => {
      const remote = this.#description.read(sdp);
      const agreement = this.#description.acceptAnswer(remote);
      this.#logger.debug({ answer: sdp }, 'media answer taken');
      await this.#configure(agreement);
    });
  }

  acceptOffer(sdp: string, options?: AnswerOptions): Promise<string> {
    return this.#inTurn(async () => {
      const remote = this.#description.read(sdp);
      this.#description.checkAnswerable(remote, options);
      if (this.#description.restartsIce(remote)) {
        this.#description.replaceTransport(await this.#process.request({ command: 'restart-ice', ...this.#key }));
      }
      const answer = this.#description.answer(remote, options);
      this.#logger.debug({ offer: sdp, answer: answer.sdp }, 'media offer answered');
      await this.#configure(answer.agreement);
      return answer.sdp;
    });
  }

  async sendDtmf(digits: string, options: { durationMs?: number } = {}): Promise<void> {
    this.#checkOpen();
    const { durationMs = defaultDigitMs } = options;
    checkDigits(digits);
    checkRange('durationMs', durationMs, 40, 5000);
    await this.#process.request({ command: 'send-dtmf', digits, durationMs, ...this.#key }, 0);
  }

  async play(tone: ToneSpec): Promise<void> {
    this.#checkOpen();
    checkTone(tone);
    await this.#process.request({ command: 'play', tone, ...this.#key });
  }

  async playFile(path: string, options: { loop?: boolean } = {}): Promise<PlayEnd> {
    this.#checkOpen();
    const { loop = false } = options;
    return this.#process.request({ command: 'play-file', path, loop, ...this.#key }, 0);
  }

  async stop(): Promise<void> {
    this.#checkOpen();
    await this.#process.request({ command: 'stop-playing', ...this.#key });
  }

  async attach(kind: string, spec: unknown): Promise<MediaAttachment> {
    this.#checkOpen();
    return this.#attachments.open({ key: this.#key, kind, spec, process: this.#process });
  }

  async stats(): Promise<LegStats> {
    this.#checkOpen();
    return this.#process.request({ command: 'stats', ...this.#key });
  }

  close(): void {
    if (this.#closed) return;
    // A process that is gone has closed the leg already.
    this.#process.request({ command: 'close-leg', ...this.#key }).catch(() => {});
    this.#ended('closed');
  }

  /** The engine is being stopped: the media process closes its end by itself, once attachments know of it. */
  engineStopping(): void {
    if (!this.#closed) this.#ended('closed');
  }

  /** The media process died and this leg with it. */
  engineLost(): void {
    if (!this.#closed) this.#ended('engine-lost');
  }

  /** Something happened at the endpoint. */
  handleEvent(event: LegEventMessage): void {
    if (this.#closed) return;
    if (event.event === 'leg-connected') this.emit('connected');
    else if (event.event === 'leg-failed') this.#failed(event.reason);
    else if (event.event === 'leg-dtmf') this.emit('dtmf', { digit: event.digit, durationMs: event.durationMs });
    else this.emit('silence', event.silentMs);
  }

  #failed(reason: string): void {
    this.#logger.warn({ reason }, 'media leg failed');
    this.emit('failed', reason);
  }

  #ended(reason: 'closed' | 'engine-lost'): void {
    this.#closed = true;
    this.emit('closed', reason);
    this.removeAllListeners();
  }

  async #configure(agreement: Agreement): Promise<void> {
    const { media, dtlsRole } = agreement;
    const remote = agreement.remote.transport;
    await this.#process.request({ command: 'configure-leg', media, remote, dtlsRole, ...this.#key });
  }

  /** Offers and answers of one leg happen one after the other, in the order in which they were asked for. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      this.#checkOpen();
      return task();
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }

  #checkOpen(): void {
    if (this.#closed) throw new MediaError('leg-closed', `leg ${this.legId} is closed`);
  }
}

function checkDigits(digits: string): void {
  const bad = [...digits].find((digit) => digit !== ',' && eventOfDigit(digit) === undefined);
  if (bad !== undefined)
    throw new MediaError('bad-argument', `"${bad}" is not a DTMF digit; use 0-9 A-D * # and a comma`);
  if (digits.length === 0 || digits.length > maxDigits) {
    throw new MediaError('bad-argument', `send 1 to ${maxDigits} digits at a time, not ${digits.length}`);
  }
}

function checkTone(tone: ToneSpec): void {
  const count = tone.frequenciesHz.length;
  if (count === 0 || count > maxFrequencies) {
    throw new MediaError('bad-argument', `a tone has 1 to ${maxFrequencies} frequencies, not ${count}`);
  }
  for (const hz of tone.frequenciesHz) checkRange('frequenciesHz', hz, 20, 3999);
  checkRange('onMs', tone.onMs ?? 1, 1, 600_000);
  checkRange('offMs', tone.offMs ?? 0, 0, 600_000);
  const cadence = tone.cadenceMs ?? [];
  if (cadence.length % 2 !== 0 || cadence.length > maxCadenceSteps) {
    throw new MediaError('bad-argument', `a cadence has an even count of steps up to ${maxCadenceSteps}`);
  }
  for (const ms of cadence) checkRange('cadenceMs', ms, 1, 600_000);
  checkRange('levelDbm0', tone.levelDbm0 ?? 0, -90, 4);
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new MediaError('bad-argument', `${name} must lie between ${least} and ${most}, it is ${value}`);
}
