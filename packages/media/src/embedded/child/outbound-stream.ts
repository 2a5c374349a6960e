import type { Clock, Random } from '@intermix/kernel';
import type { AudioSource, PlayEnd } from '../../attachments/attachment.js';
import { encodePcma, encodePcmu, pcmaToPcmu, pcmuToPcma } from '../../audio/g711.js';
import type { SendCounters } from '../../rtp/rtcp-reporter.js';
import { type RtpPacket, rewriteRtp, writeRtp } from '../../rtp/rtp-packet.js';
import { StreamRewriter } from '../../rtp/stream-rewriter.js';
import { parseTelephoneEvent, writeTelephoneEvent } from '../../rtp/telephone-event.js';
import { codecFacts } from '../../sdp/codecs.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import { sends } from '../../sdp/direction.js';
import type { CodecName, ToneSpec } from '../../types.js';
import { AudioTap } from './audio-tap.js';
import { LocalAudio } from './local-audio.js';
import { OpusEncoder } from './opus-encoder.js';
import type { Pacer } from './pacer.js';

interface Frame extends Omit<RtpPacket, 'ssrc'> {
  source: string | number;
  clockRateHz: number;
  /** Undefined for an event. */
  codec: CodecName | undefined;
}

/**
 * What goes to a leg's far end: one continuous RTP stream, whoever feeds it.
 *
 *   bridged audio ─┐
 *   local audio ───┼─► direction ─► rewriter (SSRC, sequence, timestamp, marker) ─► transport
 *   digit ─────────┘                                                            └► tap, when somebody listens
 *
 * A digit silences the other two, local audio (a source, a file, a tone) silences the bridge.
 */
export class OutboundStream {
  readonly #send: (packet: Buffer) => void;
  readonly #clock: Clock;
  readonly #local: LocalAudio;
  /** What was sent, for those who listen. */
  readonly tap: AudioTap;
  readonly #rewriter: StreamRewriter;
  #media: NegotiatedMedia | undefined;
  #packetsSent = 0;
  #octetsSent = 0;
  #sourceCount = 0;
  #isSendingDigit = false;
  /** Made for the first frame of our own on a leg with Opus. */
  #opus: OpusEncoder | undefined;

  constructor(options: { send: (packet: Buffer) => void; clock: Clock; random: Random; pacer: Pacer }) {
    this.#send = options.send;
    this.#clock = options.clock;
    this.tap = new AudioTap(options.clock);
    this.#local = new LocalAudio({
      pacer: options.pacer,
      put: (samples, source, index) => this.#putLocal(samples, source, index),
      newName: (kind) => this.#newSource(kind),
      maySpeak: () => this.#maySpeak(),
    });
    const start = Buffer.from(options.random.bytes(10));
    this.#rewriter = new StreamRewriter({
      ssrc: start.readUInt32BE(0),
      // Below 2^15, so that the first packets cannot wrap before SRTP has met the sequence. RFC 3711 §3.3.1.
      sequenceNumber: start.readUInt16BE(4) & 0x7fff,
      timestamp: start.readUInt32BE(6),
    });
  }

  get ssrc(): number {
    return this.#rewriter.ssrc;
  }

  get media(): NegotiatedMedia | undefined {
    return this.#media;
  }

  get counters(): SendCounters {
    const { packetsSent, octetsSent } = { packetsSent: this.#packetsSent, octetsSent: this.#octetsSent };
    return { packetsSent, octetsSent, rtpTimestamp: this.#rewriter.timestampAt(this.#clock.now()) };
  }

  configure(media: NegotiatedMedia): void {
    this.#media = media;
  }

  /**
   * Passes a bridged audio packet on, by table when one side is µ-law and the other A-law. `data`, what it was parsed from,
   * is written over when it is given and the audio stays as it is.
   */
  forwardAudio(packet: RtpPacket, codec: CodecName, data?: Buffer): void {
    const media = this.#media;
    if (!media || this.#isSendingDigit || this.#local.isActive) return;
    const payload = transcode(packet.payload, codec, media.codec);
    if (!payload) return;
    // Spelled out here and below: this runs for each packet, and a spread takes many times as long.
    const frame: Frame = {
      payload,
      payloadType: media.sendPayloadType,
      marker: packet.marker,
      sequenceNumber: packet.sequenceNumber,
      timestamp: packet.timestamp,
      source: packet.ssrc,
      clockRateHz: codecFacts[media.codec].clockRateHz,
      codec: media.codec,
    };
    this.#put(frame, payload === packet.payload ? data : undefined);
  }

  /** Passes a bridged telephone-event packet on, with this leg's payload type and clock. */
  forwardEvent(packet: RtpPacket, clockRateHz: number): void {
    const event = this.#media?.telephoneEvent;
    if (!event || this.#isSendingDigit || this.#local.isActive) return;
    const { sendPayloadType: payloadType, clockRateHz: ownClockRateHz } = event;
    const common = { ...packet, payloadType, clockRateHz: ownClockRateHz, codec: undefined };
    if (event.clockRateHz === clockRateHz) {
      this.#put({ ...common, source: packet.ssrc });
      return;
    }
    // On another clock the timestamp means nothing here: each event is a source of its own, starting now.
    const payload = scaledEvent(packet.payload, event.clockRateHz / clockRateHz);
    this.#put({ ...common, payload, timestamp: 0, source: `event ${packet.ssrc} ${packet.timestamp}` });
  }

  /** What the bridge sends is interrupted (hold, unbridged): the pause must not look like loss to the far end. */
  interrupt(): void {
    this.#rewriter.interrupt();
  }

  /** Feeds the far end instead of everything but digits. */
  feed(source: AudioSource): () => void {
    return this.#local.feed(source);
  }

  /** Plays samples instead of tone and bridge. */
  playFile(samples: Int16Array, loop: boolean): Promise<PlayEnd> {
    return this.#local.playFile(samples, loop);
  }

  /** Plays a tone instead of the bridge until stopped. */
  playTone(tone: ToneSpec): void {
    this.#local.playTone(tone);
  }

  /** Ends tone and file. */
  stopPlaying(): void {
    this.#local.stopPlaying();
  }

  /** A digit begins or ends: while it lasts nothing else is sent. */
  beginDigit(): string {
    this.#isSendingDigit = true;
    return this.#newSource('digit');
  }

  endDigit(): void {
    this.#isSendingDigit = false;
  }

  /** One packet of our own telephone event; all packets of a digit name the same source. */
  putEvent(payload: Buffer, marker: boolean, source: string, index: number): void {
    const event = this.#media?.telephoneEvent;
    if (!event) return;
    const { sendPayloadType: payloadType, clockRateHz } = event;
    this.#put({
      ...{ payload, marker, payloadType, sequenceNumber: index & 0xffff, timestamp: 0, source, clockRateHz },
      codec: undefined,
    });
  }

  close(): void {
    this.#local.close();
    this.tap.close();
    this.#opus?.close();
  }

  /** Whether audio of our own has a way now; when it has none, nobody is asked for it. */
  #maySpeak(): boolean {
    const media = this.#media;
    if (!media || this.#isSendingDigit) return false;
    if (sends(media.direction)) return true;
    this.interrupt();
    return false;
  }

  #putLocal(samples: Int16Array, source: string, index: number): void {
    const media = this.#media;
    const payload = media && this.#encoded(samples, media.codec);
    if (!payload) return;
    const { clockRateHz } = codecFacts[media.codec];
    this.#put({
      payload,
      payloadType: media.sendPayloadType,
      marker: false,
      sequenceNumber: index & 0xffff,
      timestamp: (index * (clockRateHz / 50)) >>> 0,
      source,
      clockRateHz,
      codec: media.codec,
    });
  }

  #encoded(samples: Int16Array, codec: CodecName): Buffer | undefined {
    if (codec === 'PCMU') return encodePcmu(samples);
    if (codec === 'PCMA') return encodePcma(samples);
    this.#opus ??= new OpusEncoder();
    return this.#opus.encode(samples);
  }

  #put(frame: Frame, over?: Buffer): void {
    if (!this.#media || !sends(this.#media.direction)) {
      this.interrupt(); // On hold: when it resumes, the far end must not count the pause as loss.
      return;
    }
    const place = this.#rewriter.place(frame, this.#clock.now(), frame.clockRateHz);
    if (!place) return;
    this.#packetsSent++;
    this.#octetsSent += frame.payload.length;
    const packet: RtpPacket = {
      payloadType: frame.payloadType,
      marker: place.marker,
      sequenceNumber: place.sequenceNumber,
      timestamp: place.timestamp,
      ssrc: place.ssrc,
      payload: frame.payload,
    };
    if (this.tap.isTapped && frame.codec) this.tap.take(frame.codec, packet);
    this.#send(over ? rewriteRtp(over, packet) : writeRtp(packet));
  }

  #newSource(name: string): string {
    return `${name} ${this.#sourceCount++}`;
  }
}

/** The payload in the other codec; undefined when that takes more than a table. */
function transcode(payload: Buffer, from: CodecName, to: CodecName): Buffer | undefined {
  if (from === to) return payload;
  if (from === 'PCMU' && to === 'PCMA') return pcmuToPcma(payload);
  if (from === 'PCMA' && to === 'PCMU') return pcmaToPcmu(payload);
  return undefined;
}

function scaledEvent(payload: Buffer, factor: number): Buffer {
  const event = parseTelephoneEvent(payload);
  return writeTelephoneEvent({ ...event, durationTicks: Math.round(event.durationTicks * factor) });
}
