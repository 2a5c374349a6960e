import { hex, type Random, TypedEmitter } from '@intermix/kernel';
import {
  type AnswerOptions,
  type AttachmentEnd,
  type CodecName,
  canCarry,
  LegDescription,
  type LegKind,
  type LegStats,
  type LocalTransport,
  type MediaAttachment,
  type MediaDirection,
  type MediaEngine,
  type MediaEngineEvents,
  MediaError,
  type MediaLeg,
  type MediaLegEvents,
  type OfferOptions,
  type PlayEnd,
  type ToneSpec,
} from '@intermix/media';

/** Our end of a path that leads nowhere: enough for true SDP. */
export function fakeTransport(kind: LegKind, random: Random, port = 30_000): LocalTransport {
  if (kind === 'rtp') return { kind, address: '10.0.0.1', port };
  const fingerprint = `sha-256 ${hex(random.bytes(32)).toUpperCase().match(/../g)!.join(':')}`;
  const [iceUfrag, icePwd] = [hex(random.bytes(4)), hex(random.bytes(12))];
  return { kind, address: '10.0.0.1', port: 40_000, iceUfrag, icePwd, fingerprint };
}

/** An attachment that does nothing. What it was told is on record; what it tells, a test makes it tell. */
export class FakeMediaAttachment extends TypedEmitter<{ event: [event: unknown] }> implements MediaAttachment {
  readonly told: unknown[] = [];
  readonly ended: Promise<AttachmentEnd>;
  /** Set to false to let it run on after it was asked to end, or its leg has gone, until `end`. */
  endsByItself = true;
  /** What it ends with by itself. */
  result: unknown;
  closeCount = 0;
  isOver = false;
  #resolve: (end: AttachmentEnd) => void = () => {};

  constructor(
    readonly callId: string,
    readonly legId: string,
    readonly kind: string,
    readonly spec: unknown,
  ) {
    super();
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onEvent(listener: (event: unknown) => void): () => void {
    return this.on('event', listener);
  }
  tell(command: unknown): void {
    if (!this.isOver) this.told.push(command);
  }
  close(): void {
    this.closeCount++;
    this.legClosed();
  }

  /** It tells the server something. */
  say(event: unknown): void {
    this.emit('event', event);
  }
  /** It has ended, with this result. */
  end(result: unknown = this.result): void {
    this.#over({ how: 'ended', result });
  }
  /** The process that it ran in died. */
  lose(): void {
    this.#over({ how: 'engine-lost' });
  }
  /** @internal */
  legClosed(): void {
    if (this.endsByItself) this.end();
  }

  #over(end: AttachmentEnd): void {
    this.isOver = true;
    this.#resolve(end);
  }
}

/** A leg with true SDP and no audio. What was done to it is on record; what may happen to it, a test makes happen. */
export class FakeMediaLeg extends TypedEmitter<MediaLegEvents> implements MediaLeg {
  readonly digits: Array<{ digits: string; durationMs: number | undefined }> = [];
  silentMs = 0;
  closed = false;
  /** The tone that the far end hears now, instead of its partner. */
  playing: ToneSpec | undefined;
  /** The file that the far end hears now. */
  playingFile: { path: string; loop: boolean } | undefined;
  /** Every file that was asked for. */
  readonly playedFiles: string[] = [];
  readonly attachments: FakeMediaAttachment[] = [];
  /** Set to make the next `attach` or `playFile` fail. */
  failNext: Error | undefined;
  #fileEnded: (end: PlayEnd) => void = () => {};
  readonly #description: LegDescription;

  constructor(
    readonly kind: LegKind,
    readonly callId: string,
    readonly legId: string,
    private readonly engine: FakeMediaEngine,
    random: Random,
  ) {
    super();
    this.#description = new LegDescription({ transport: fakeTransport(kind, random), random });
  }

  get codec(): CodecName | undefined {
    return this.#description.agreement?.media.codec;
  }
  get direction(): MediaDirection {
    return this.#description.agreement?.media.direction ?? 'sendrecv';
  }

  async offer(options?: OfferOptions): Promise<string> {
    this.#mustBeOpen();
    return this.#description.offer(options);
  }

  async acceptAnswer(sdp: string): Promise<void> {
    this.#mustBeOpen();
    this.#description.acceptAnswer(this.#description.read(sdp));
  }

  async acceptOffer(sdp: string, options?: AnswerOptions): Promise<string> {
    this.#mustBeOpen();
    return this.#description.answer(this.#description.read(sdp), options).sdp;
  }

  async sendDtmf(digits: string, options?: { durationMs?: number }): Promise<void> {
    this.digits.push({ digits, durationMs: options?.durationMs });
  }

  async play(tone: ToneSpec): Promise<void> {
    this.#mustBeOpen();
    this.playing = tone;
  }
  playFile(path: string, options: { loop?: boolean } = {}): Promise<PlayEnd> {
    try {
      this.#mustBeOpen();
      this.#failWhenAsked();
    } catch (error) {
      return Promise.reject(error);
    }
    this.finishFile({ how: 'stopped', playedMs: 0 });
    this.playingFile = { path, loop: options.loop ?? false };
    this.playedFiles.push(path);
    return new Promise((resolve) => {
      this.#fileEnded = resolve;
    });
  }
  async stop(): Promise<void> {
    this.playing = undefined;
    this.finishFile({ how: 'stopped', playedMs: 0 });
  }

  async attach(kind: string, spec: unknown): Promise<FakeMediaAttachment> {
    this.#mustBeOpen();
    this.#failWhenAsked();
    const attachment = new FakeMediaAttachment(this.callId, this.legId, kind, structuredClone(spec));
    this.attachments.push(attachment);
    return attachment;
  }

  /** The file that plays has come to its end. */
  finishFile(end: PlayEnd = { how: 'played', playedMs: 1000 }): void {
    this.playingFile = undefined;
    this.#fileEnded(end);
  }

  async stats(): Promise<LegStats> {
    return {
      ...{ callId: this.callId, legId: this.legId, codec: this.codec },
      ...{ packetsSent: 50, packetsReceived: 49, octetsSent: 8000, octetsReceived: 7840, packetsLost: 1 },
      ...{ remotePacketsLost: 0, jitterMs: 3, remoteJitterMs: 2, roundTripMs: 20, silentMs: this.silentMs },
    };
  }

  close(): void {
    if (!this.closed) this.#end('closed');
  }

  /** The transport broke. */
  fail(reason = 'ICE failed'): void {
    this.emit('failed', reason);
  }
  /** The transport is back, or up for the first time. */
  connect(): void {
    this.emit('connected');
  }
  /** The far end pressed a key. */
  press(digit: string, durationMs = 100): void {
    this.emit('dtmf', { digit, durationMs });
  }
  fallSilent(silentMs: number): void {
    this.silentMs = silentMs;
    this.emit('silence', silentMs);
  }
  /** The process that carried it died. */
  lose(): void {
    for (const attachment of this.attachments) attachment.lose();
    this.#end('engine-lost');
  }

  #end(reason: 'closed' | 'engine-lost'): void {
    this.closed = true;
    this.finishFile({ how: 'stopped', playedMs: 0 });
    for (const attachment of this.attachments) if (!attachment.isOver) attachment.legClosed();
    this.engine.forget(this);
    this.emit('closed', reason);
  }

  #failWhenAsked(): void {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
  }

  #mustBeOpen(): void {
    if (this.closed) throw new MediaError('leg-closed', `leg ${this.legId} is closed`);
  }
}

/** An engine without audio, for tests of whoever stands above the media seam. */
export class FakeMediaEngine extends TypedEmitter<MediaEngineEvents> implements MediaEngine {
  readonly legs: FakeMediaLeg[] = [];
  ready = true;
  /** Set to make the next `createLeg` fail. */
  failNext: Error | undefined;
  readonly #partners = new Map<MediaLeg, MediaLeg>();

  constructor(private readonly random: Random) {
    super();
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  get counts(): { processes: number; legs: number } {
    return { processes: 1, legs: this.legs.filter((leg) => !leg.closed).length };
  }

  async createLeg(options: { kind: LegKind; callId: string; legId: string }): Promise<FakeMediaLeg> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
    const leg = new FakeMediaLeg(options.kind, options.callId, options.legId, this, this.random);
    this.legs.push(leg);
    return leg;
  }

  async bridge(a: MediaLeg, b: MediaLeg): Promise<void> {
    if (a.closed || b.closed) throw new MediaError('leg-closed', 'a leg of the bridge is closed');
    if (!a.codec || !b.codec || !canCarry(a.codec, b.codec))
      throw new MediaError('codec-mismatch', `${a.codec} and ${b.codec} cannot be bridged`);
    this.#partners.set(a, b).set(b, a);
  }

  async unbridge(leg: MediaLeg): Promise<void> {
    const partner = this.#partners.get(leg);
    this.#partners.delete(leg);
    if (partner) this.#partners.delete(partner);
  }

  /** The leg that hears this one. */
  partnerOf(leg: MediaLeg): MediaLeg | undefined {
    return this.#partners.get(leg);
  }

  /** @internal */
  forget(leg: MediaLeg): void {
    void this.unbridge(leg);
  }
}
