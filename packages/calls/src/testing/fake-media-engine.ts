import { hex, type Random, TypedEmitter } from '@intermix/kernel';
import {
  type AnswerOptions,
  type CodecName,
  canCarry,
  LegDescription,
  type LegKind,
  type LegStats,
  type LocalTransport,
  type MediaDirection,
  type MediaEngine,
  type MediaEngineEvents,
  MediaError,
  type MediaLeg,
  type MediaLegEvents,
  type OfferOptions,
  type ToneSpec,
} from '@intermix/media';

/** Our end of a path that leads nowhere: enough for true SDP. */
export function fakeTransport(kind: LegKind, random: Random, port = 30_000): LocalTransport {
  if (kind === 'rtp') return { kind, address: '10.0.0.1', port };
  const fingerprint = `sha-256 ${hex(random.bytes(32)).toUpperCase().match(/../g)!.join(':')}`;
  const [iceUfrag, icePwd] = [hex(random.bytes(4)), hex(random.bytes(12))];
  return { kind, address: '10.0.0.1', port: 40_000, iceUfrag, icePwd, fingerprint };
}

/** A leg with true SDP and no audio. What was done to it is on record; what may happen to it, a test makes happen. */
export class FakeMediaLeg extends TypedEmitter<MediaLegEvents> implements MediaLeg {
  readonly digits: Array<{ digits: string; durationMs: number | undefined }> = [];
  silentMs = 0;
  closed = false;
  /** The tone that the far end hears now, instead of its partner. */
  playing: ToneSpec | undefined;
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
  async stop(): Promise<void> {
    this.playing = undefined;
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
  fallSilent(silentMs: number): void {
    this.silentMs = silentMs;
    this.emit('silence', silentMs);
  }
  /** The process that carried it died. */
  lose(): void {
    this.#end('engine-lost');
  }

  #end(reason: 'closed' | 'engine-lost'): void {
    this.closed = true;
    this.engine.forget(this);
    this.emit('closed', reason);
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
