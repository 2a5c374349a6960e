import { type Clock, hex, type Random, type Timer, TypedEmitter } from '@intermix/kernel';
import type { AudioFrame, AudioSource, PlayEnd } from '../../attachments/attachment.js';
import { MediaError } from '../../errors.js';
import { RtcpReporter } from '../../rtp/rtcp-reporter.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import { receives } from '../../sdp/direction.js';
import type { CodecName, LegStats, ToneSpec } from '../../types.js';
import type { LegKey } from '../messages.js';
import { AudioTap } from './audio-tap.js';
import { DigitQueue } from './digit-queue.js';
import { InboundStream } from './inbound-stream.js';
import { OutboundStream } from './outbound-stream.js';
import type { Pacer } from './pacer.js';
import type { MediaTransport } from './transport.js';

export interface MediaEndpointEvents {
  connected: [];
  failed: [reason: string];
  dtmf: [digit: string, durationMs: number];
  silence: [silentMs: number];
  /** Bridged with another. */
  joined: [];
}

/** Reports each 5 s on average, the first after half of a second to one second. RFC 3550 §6.2. */
const firstReportMs = 1000;
const reportMs = 5000;

/**
 * One leg in the media process: what comes in is counted and handed to the partner, what goes out becomes one stream.
 * The transport below may be replaced while the streams go on (ICE restart).
 */
export class MediaEndpoint extends TypedEmitter<MediaEndpointEvents> {
  readonly key: LegKey;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #inbound: InboundStream;
  readonly #outbound: OutboundStream;
  readonly #digits: DigitQueue;
  /** What the far end says, for those who listen. */
  readonly #heard: AudioTap;
  readonly #reporter: RtcpReporter;
  readonly #silenceAfterMs: number;
  #transport: MediaTransport | undefined;
  #media: NegotiatedMedia | undefined;
  #partner: MediaEndpoint | undefined;
  #reportTimer: Timer | undefined;
  #listeningSinceMs: number | undefined;
  #hasToldSilence = false;
  /** Both ways. */
  #hasTalked = false;
  /** Counts what was asked to be played: a file that is still read when another is wanted never begins. */
  #fileTurn = 0;
  #closed = false;

  constructor(options: { key: LegKey; clock: Clock; random: Random; pacer: Pacer; silenceAfterMs: number }) {
    super();
    const { clock, random, pacer } = options;
    this.key = options.key;
    this.#clock = clock;
    this.#random = random;
    this.#silenceAfterMs = options.silenceAfterMs;
    this.#inbound = new InboundStream({ clock, onDigit: (d) => this.emit('dtmf', d.digit, d.durationMs) });
    this.#heard = new AudioTap(clock);
    const send = (packet: Buffer) => this.#transport?.sendRtp(packet);
    this.#outbound = new OutboundStream({ send, clock, random, pacer });
    this.#digits = new DigitQueue({ outbound: this.#outbound, pacer });
    this.#reporter = new RtcpReporter({ ssrc: this.#outbound.ssrc, cname: hex(random.bytes(8)), clock });
  }

  get codec(): CodecName | undefined {
    return this.#media?.codec;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Replaces what carries the packets; the one before is closed. */
  useTransport(transport: MediaTransport): void {
    if (this.#transport !== transport) this.#transport?.close();
    this.#transport = transport;
  }

  /** What offer and answer agreed on, the first time or again. */
  configure(media: NegotiatedMedia): void {
    const wasListening = this.#media !== undefined && receives(this.#media.direction);
    this.#media = media;
    if (media.direction === 'sendrecv') this.#hasTalked = true;
    this.#inbound.configure(media);
    this.#outbound.configure(media);
    if (!receives(media.direction)) this.#heard.pause();
    if (!receives(media.direction)) this.#listeningSinceMs = undefined;
    else if (!wasListening) this.#listeningSinceMs = this.#clock.now();
    if (!this.#reportTimer) this.#scheduleReport(firstReportMs * (0.5 + 0.5 * this.#random.fraction()));
  }

  /** Joins the two, both ways; who was joined elsewhere leaves. */
  bridge(other: MediaEndpoint): void {
    if (this.#partner === other) return;
    this.unbridge();
    other.unbridge();
    this.#partner = other;
    other.#partner = this;
    this.emit('joined');
    other.emit('joined');
  }

  unbridge(): void {
    const partner = this.#partner;
    this.#partner = undefined;
    if (!partner) return;
    partner.#partner = undefined;
    partner.#outbound.interrupt();
    this.#outbound.interrupt();
  }

  /** An RTP packet of the far end. */
  handleRtp(data: Buffer): void {
    const inbound = this.#inbound.handle(data);
    if (this.#closed || !inbound) return;
    this.#hasToldSilence = false;
    if (inbound.type === 'audio' && this.#heard.isTapped && this.#isListening) {
      this.#heard.take(inbound.codec, inbound.packet);
    }
    const partner = this.#partner;
    if (!partner || !this.#media) return;
    if (!receives(this.#media.direction)) partner.#outbound.interrupt();
    else if (inbound.type === 'audio') partner.#outbound.forwardAudio(inbound.packet, inbound.codec, inbound.data);
    else partner.#outbound.forwardEvent(inbound.packet, inbound.clockRateHz);
  }

  /** An RTCP compound of the far end. */
  handleRtcp(data: Buffer): void {
    try {
      this.#reporter.handle(data);
    } catch {
      // A broken report is dropped; the next one comes in some seconds.
    }
  }

  sendDtmf(digits: string, durationMs: number): Promise<void> {
    if (!this.#media?.telephoneEvent) {
      throw new MediaError('no-telephone-event', 'the far end has not agreed to telephone-event');
    }
    return this.#digits.send(digits, durationMs);
  }

  /** Plays a tone to the far end instead of the bridge. */
  play(tone: ToneSpec): void {
    this.#outbound.playTone(tone);
  }

  /** Plays a file to the far end, once it is read. Resolves at its end or when it was stopped; rejects as `load` does. */
  async playFile(load: Promise<Int16Array>, loop: boolean): Promise<PlayEnd> {
    const turn = ++this.#fileTurn;
    const samples = await load;
    if (turn !== this.#fileTurn) return { how: 'stopped', playedMs: 0 };
    return this.#outbound.playFile(samples, loop);
  }

  /** Ends tone and file. */
  stopPlaying(): void {
    this.#fileTurn++;
    this.#outbound.stopPlaying();
  }

  /** Feeds the far end, before everything but digits; the last one is heard. */
  feed(source: AudioSource): () => void {
    if (this.#closed) return () => {};
    return this.#outbound.feed(source);
  }

  /** Feeds the leg that this one is bridged with, if there is one. */
  feedPartner(source: AudioSource): () => void {
    return this.#partner?.feed(source) ?? (() => {});
  }

  /** It talked both ways once, and does not now. */
  get isHeld(): boolean {
    return this.#hasTalked && this.#media?.direction !== 'sendrecv';
  }

  /** What the far end says, while it is not on hold. Listeners must not throw. */
  onReceived(listener: (frame: AudioFrame) => void): () => void {
    return this.#listen(this.#heard, listener);
  }

  /** What the far end is sent. Listeners must not throw. */
  onSent(listener: (frame: AudioFrame) => void): () => void {
    return this.#listen(this.#outbound.tap, listener);
  }

  /** To be called about once a second: lost event ends, silence. */
  poll(): void {
    this.#inbound.poll();
    const silentMs = this.#silentMs();
    if (silentMs === undefined || silentMs < this.#silenceAfterMs || this.#hasToldSilence) return;
    this.#hasToldSilence = true;
    this.emit('silence', silentMs);
  }

  stats(): LegStats {
    const { statistics, lastPacketAtMs } = this.#inbound;
    const { packetsSent, octetsSent } = this.#outbound.counters;
    const remote = this.#reporter.remote;
    const ticksPerMs = this.#media?.codec === 'opus' ? 48 : 8;
    return {
      ...this.key,
      codec: this.#media?.codec,
      packetsSent,
      packetsReceived: statistics.packetsReceived,
      octetsSent,
      octetsReceived: statistics.octetsReceived,
      packetsLost: statistics.packetsLost,
      remotePacketsLost: remote?.packetsLost,
      jitterMs: statistics.jitterMs,
      remoteJitterMs: remote && remote.jitterTicks / ticksPerMs,
      roundTripMs: this.#reporter.roundTripMs,
      silentMs: lastPacketAtMs === undefined ? undefined : this.#clock.now() - lastPacketAtMs,
    };
  }

  /** Tells the far end by RTCP BYE and frees everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.unbridge();
    this.#digits.close();
    this.#fileTurn++;
    this.#outbound.close();
    this.#heard.close();
    this.#reportTimer?.cancel();
    if (this.#outbound.counters.packetsSent > 0) this.#transport?.sendRtcp(this.#reporter.buildBye());
    this.#transport?.close();
    this.removeAllListeners();
  }

  /** The transport came up, or up again. */
  handleConnected(): void {
    if (!this.#closed) this.emit('connected');
  }

  handleFailed(reason: string): void {
    if (!this.#closed) this.emit('failed', reason);
  }

  get #isListening(): boolean {
    return this.#media !== undefined && receives(this.#media.direction);
  }

  #listen(tap: AudioTap, listener: (frame: AudioFrame) => void): () => void {
    return this.#closed ? () => {} : tap.listen(listener);
  }

  /** How long nothing has come while it should; undefined while we do not listen. */
  #silentMs(): number | undefined {
    if (this.#listeningSinceMs === undefined) return undefined;
    return this.#clock.now() - Math.max(this.#listeningSinceMs, this.#inbound.lastPacketAtMs ?? 0);
  }

  #scheduleReport(delayMs: number): void {
    this.#reportTimer = this.#clock.schedule(delayMs, () => {
      if (this.#closed) return;
      if (this.#transport?.isOpen) {
        this.#transport.sendRtcp(this.#reporter.buildReport(this.#outbound.counters, this.#inbound.statistics));
      }
      this.#scheduleReport(reportMs * (0.5 + this.#random.fraction()));
    });
  }
}
