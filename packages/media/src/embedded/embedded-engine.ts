import { type Clock, type Logger, type Random, TypedEmitter } from '@intermix/kernel';
import { MediaError } from '../errors.js';
import type { LegKind, MediaEngine, MediaEngineEvents, MediaLeg } from '../types.js';
import { EmbeddedAttachments } from './embedded-attachments.js';
import { EmbeddedLeg } from './embedded-leg.js';
import type { MediaProcess } from './media-process.js';
import { MediaProcessSlot } from './media-process-slot.js';
import { attachmentGraceMs, type ChildConfig, keyText, type LegEventMessage, type LegKey } from './messages.js';

/** The engine on libdatachannel: media in child processes, SDP and bookkeeping here. */
export class EmbeddedEngine extends TypedEmitter<MediaEngineEvents> implements MediaEngine {
  readonly #slots: MediaProcessSlot[];
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #legs = new Map<string, EmbeddedLeg>();
  readonly #creating = new Map<string, Promise<EmbeddedLeg>>();
  /** The process of each call, with the number of its legs, those in the making included. */
  readonly #pins = new Map<string, { process: MediaProcess; legs: number }>();
  readonly #attachments: EmbeddedAttachments;
  #isStarted = false;

  constructor(options: {
    configs: ChildConfig[];
    childPath?: string | undefined;
    clock: Clock;
    random: Random;
    logger: Logger;
  }) {
    super();
    this.#random = options.random;
    this.#logger = options.logger;
    this.#attachments = new EmbeddedAttachments(options.logger);
    this.#slots = options.configs.map((config) => new MediaProcessSlot({ ...options, config }));
    for (const slot of this.#slots) {
      slot.on('legEvent', (event, from) => this.#legEvent(event, from));
      slot.on('attachmentEvent', (event) => this.#attachments.handle(event));
      slot.on('lost', (process) => this.#processLost(process));
    }
  }

  get ready(): boolean {
    return this.#slots.some((slot) => slot.running !== undefined);
  }

  get counts(): { processes: number; legs: number } {
    return { processes: this.#slots.filter((slot) => slot.running).length, legs: this.#legs.size };
  }

  async start(): Promise<void> {
    if (this.#isStarted) return;
    const started = await Promise.allSettled(this.#slots.map((slot) => slot.start()));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await this.stop();
      throw failed.reason;
    }
    this.#isStarted = true;
  }

  async createLeg(options: { kind: LegKind; callId: string; legId: string }): Promise<MediaLeg> {
    const { kind, callId, legId } = options;
    const text = keyText(options);
    const leg =
      this.#legs.get(text) ?? (await (this.#creating.get(text) ?? this.#create(kind, { callId, legId }, text)));
    if (leg.kind === kind) return leg;
    throw new MediaError('wrong-state', `leg ${legId} of call ${callId} exists and is ${leg.kind}, not ${kind}`);
  }

  async bridge(a: MediaLeg, b: MediaLeg): Promise<void> {
    const [first, second] = [this.#own(a), this.#own(b)];
    if (first.callId !== second.callId) {
      throw new MediaError('bad-argument', 'legs of two calls cannot be bridged; create both with one callId');
    }
    const { callId, legId } = first;
    await first.process.request({ command: 'bridge', callId, legId, otherLegId: second.legId });
  }

  async unbridge(leg: MediaLeg): Promise<void> {
    const { callId, legId, process } = this.#own(leg);
    await process.request({ command: 'unbridge', callId, legId });
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const leg of [...this.#legs.values()]) leg.engineStopping();
    await Promise.all(
      this.#slots.map((slot) => slot.stop(this.#attachments.someIn(slot.running) ? attachmentGraceMs : 0)),
    );
    this.#attachments.lostAll();
  }

  #create(kind: LegKind, key: LegKey, text: string): Promise<EmbeddedLeg> {
    const creating = this.#createIn(this.#pin(key.callId), kind, key, text);
    this.#creating.set(text, creating);
    creating.catch(() => this.#unpin(key.callId));
    return creating.finally(() => this.#creating.delete(text));
  }

  async #createIn(process: MediaProcess, kind: LegKind, key: LegKey, text: string): Promise<EmbeddedLeg> {
    const transport = await process.request({ command: 'create-leg', kind, ...key });
    if (!process.isAlive) throw new MediaError('engine-lost', 'the media process ended while the leg was made');
    const leg = new EmbeddedLeg({
      ...{ kind, key, process, transport },
      ...{ attachments: this.#attachments, random: this.#random, logger: this.#logger },
    });
    this.#legs.set(text, leg);
    leg.on('closed', () => {
      this.#legs.delete(text);
      this.#unpin(key.callId);
    });
    return leg;
  }

  /** The process that has the call, else the one with the fewest legs. Throws MediaError. */
  #pin(callId: string): MediaProcess {
    if (!this.#isStarted) throw new MediaError('not-started', 'the media engine has not been started');
    const pin = this.#pins.get(callId) ?? { process: this.#leastLoaded(), legs: 0 };
    pin.legs++;
    this.#pins.set(callId, pin);
    return pin.process;
  }

  #unpin(callId: string): void {
    const pin = this.#pins.get(callId);
    if (pin && --pin.legs === 0) this.#pins.delete(callId);
  }

  #leastLoaded(): MediaProcess {
    const load = new Map<MediaProcess, number>();
    for (const slot of this.#slots) if (slot.running) load.set(slot.running, 0);
    for (const { process, legs } of this.#pins.values()) load.set(process, (load.get(process) ?? 0) + legs);
    const [least] = [...load].filter(([process]) => process.isAlive).sort((a, b) => a[1] - b[1]);
    if (least) return least[0];
    throw new MediaError('no-process', 'no media process is running; one is being restarted, try again in a moment');
  }

  #own(leg: MediaLeg): EmbeddedLeg {
    if (leg.closed) throw new MediaError('leg-closed', `leg ${leg.legId} is closed`);
    const own = this.#legs.get(keyText(leg));
    if (own !== leg) throw new MediaError('bad-argument', `leg ${leg.legId} is not one of this engine`);
    return own;
  }

  #legEvent(event: LegEventMessage, from: MediaProcess): void {
    const leg = this.#legs.get(keyText(event));
    if (leg?.process === from) leg.handleEvent(event);
  }

  #processLost(process: MediaProcess): void {
    const lost = [...this.#legs.values()].filter((leg) => leg.process === process);
    const callIds = [...new Set(lost.map((leg) => leg.callId))];
    this.#logger.error({ mediaPid: process.pid, calls: callIds.length }, 'calls were lost with their media process');
    for (const leg of lost) leg.engineLost();
    this.#attachments.lostIn(process);
    this.emit('processLost', { pid: process.pid, callIds });
  }
}
