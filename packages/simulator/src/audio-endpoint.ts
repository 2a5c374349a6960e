import type { Socket } from 'node:dgram';
import { type Clock, type Random, type Timer, TypedEmitter } from '@intermix/kernel';
import {
  encodePcma,
  encodePcmu,
  type PressedDigit,
  parseRtp,
  RtcpReporter,
  type RtpPacket,
  type TelephoneEventPacket,
} from '@intermix/media';
import { type AudioSource, silence } from './audio-source.js';
import type { CarrierFormat } from './carrier-sdp.js';
import { DigitQueue } from './digit-queue.js';
import { SimulatorError } from './errors.js';
import { FramePacer } from './frame-pacer.js';
import { IncomingAudio, type ReceiveFormats } from './incoming-audio.js';
import { OutgoingStream } from './outgoing-stream.js';
import { openRtpSocketPair, type RtpPortRange, type RtpSocketPair } from './rtp-socket-pair.js';

/** RFC 3550 §6.2: the least interval of reports. */
const rtcpIntervalMs = 5_000;

export interface AudioEndpointOptions {
  /** Numeric address to bind and announce. */
  host: string;
  ports?: RtpPortRange;
  clock: Clock;
  random: Random;
}

/** Where and how to send, and what may come, as the two descriptions agreed. */
export interface AudioRemote extends ReceiveFormats {
  host: string;
  port: number;
  /** What we send. */
  format: CarrierFormat;
  /** Payload type of the telephone events that we send; undefined: the far end takes none. */
  eventPayloadType: number | undefined;
}

export interface AudioEndpointEvents {
  digit: [digit: PressedDigit];
  /** A frame of the far end's audio, decoded, and its place on the far end's clock: its RTP timestamp, 8000 a second. */
  audio: [pcm: Int16Array, timestamp: number];
}

/**
 * One end of an RTP/AVP audio stream with sockets of its own: G.711, telephone events, RTCP. As a carrier does, it sends to
 * the address in the far end's description and hears only that host.
 */
export class AudioEndpoint extends TypedEmitter<AudioEndpointEvents> {
  readonly port: number;
  readonly host: string;
  readonly #clock: Clock;
  readonly #sockets: RtpSocketPair;
  readonly #reporter: RtcpReporter;
  readonly #stream: OutgoingStream;
  readonly #incoming: IncomingAudio;
  readonly #digits = new DigitQueue();
  readonly #pacer: FramePacer;
  #remote: AudioRemote | undefined;
  #source: AudioSource = silence;
  #echo = false;
  #sending = true;
  #receiving = true;
  #eventTimestamp = 0;
  #talking = false;
  #rtcpTimer: Timer | undefined;
  #closed = false;

  private constructor(options: AudioEndpointOptions, sockets: RtpSocketPair) {
    super();
    const { host, clock, random } = options;
    this.host = host;
    this.port = sockets.port;
    this.#clock = clock;
    this.#sockets = sockets;
    this.#stream = new OutgoingStream(random);
    this.#incoming = new IncomingAudio(clock);
    this.#reporter = new RtcpReporter({ ssrc: this.#stream.ssrc, cname: `carrier@${host}`, clock });
    this.#pacer = new FramePacer({
      clock,
      frame: () => this.#sendFrame(),
      skipped: (frames) => this.#stream.advance(frames),
    });
    sockets.rtp.on('message', (data, from) => this.#handleRtp(data, from.address));
    sockets.rtcp.on('message', (data, from) => this.#handleRtcp(data, from.address));
  }

  /** Binds the sockets. Rejects with SimulatorError `ports-exhausted`. */
  static async open(options: AudioEndpointOptions): Promise<AudioEndpoint> {
    return new AudioEndpoint(options, await openRtpSocketPair(options.host, options.ports, options.random));
  }

  /** Begins to send, or goes on with another agreement (a re-INVITE). */
  connect(remote: AudioRemote): void {
    if (this.#closed) return;
    this.#remote = remote;
    this.#pacer.start();
    this.#rtcpTimer ??= this.#clock.schedule(rtcpIntervalMs, () => this.#report());
  }

  /** Which ways audio may flow, after hold and resume. */
  setDirection(direction: { sending: boolean; receiving: boolean }): void {
    this.#sending = direction.sending;
    this.#receiving = direction.receiving;
    if (!direction.sending) this.#talking = false;
  }

  /** What the far end hears from now on; silence without an argument. */
  play(source: AudioSource = silence): void {
    this.#echo = false;
    this.#source = source;
  }

  /** Sends back each packet as it comes. */
  echo(): void {
    this.#echo = true;
  }

  /** Sends digits as telephone events, `,` waits 500 ms. Resolves when the last has been sent, or the call is over. */
  sendDigits(digits: string, options: { durationMs?: number } = {}): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#remote && this.#remote.eventPayloadType === undefined) {
      return Promise.reject(new SimulatorError('no-telephone-event', 'the far end takes no telephone events'));
    }
    return this.#digits.push(digits, options.durationMs);
  }

  /** The tone heard now, in hertz to 5 Hz. */
  get hearingHz(): number | undefined {
    return this.#incoming.hearingHz;
  }

  /** The tone heard last. */
  get lastHeardHz(): number | undefined {
    return this.#incoming.lastHeardHz;
  }

  get stats(): { packetsSent: number; packetsReceived: number; packetsLost: number; jitterMs: number } {
    const { packetsReceived, packetsLost, jitterMs } = this.#incoming.statistics;
    return { packetsSent: this.#stream.counters.packetsSent, packetsReceived, packetsLost, jitterMs };
  }

  /** Says RTCP BYE and closes the sockets. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pacer.stop();
    this.#rtcpTimer?.cancel();
    this.#digits.clear();
    const close = () => this.#sockets.close();
    if (this.#remote && this.#stream.counters.packetsSent > 0) {
      this.#sockets.rtcp.send(this.#reporter.buildBye(), this.#remote.port + 1, this.#remote.host, close);
    } else close();
    this.removeAllListeners();
  }

  #sendFrame(): void {
    const overdue = this.#incoming.overdueDigit();
    if (overdue) this.emit('digit', overdue);
    if (this.#remote && this.#sending) this.#sendDue(this.#remote);
    this.#stream.advance(1);
  }

  /** A digit under way goes before the audio. */
  #sendDue(remote: AudioRemote): void {
    const digit = this.#digits.next();
    if (digit?.kind === 'event') this.#sendEvent(digit.packet, digit.first, remote);
    else if (!this.#echo) this.#sendAudio(digit ? silence.next() : this.#source.next(), remote);
  }

  #sendAudio(pcm: Int16Array, { format }: AudioRemote): void {
    const payload = format.codec === 'PCMA' ? encodePcma(pcm) : encodePcmu(pcm);
    const { timestamp } = this.#stream;
    this.#send({ payloadType: format.payloadType, marker: !this.#talking, timestamp, payload });
    this.#talking = true;
  }

  /** All packets of a digit carry the time of its start. */
  #sendEvent({ payload, marker }: TelephoneEventPacket, first: boolean, { eventPayloadType }: AudioRemote): void {
    if (first) this.#eventTimestamp = this.#stream.timestamp;
    if (eventPayloadType === undefined) return;
    this.#send({ payloadType: eventPayloadType, marker, timestamp: this.#eventTimestamp, payload });
  }

  #handleRtp(data: Buffer, from: string): void {
    const remote = this.#remote;
    if (!remote || from !== remote.host || !this.#receiving) return;
    try {
      const packet = parseRtp(data);
      const { pcm, digits } = this.#incoming.handle(packet, remote);
      if (this.#echo && this.#sending) this.#sendBack(packet, remote);
      for (const digit of digits) this.emit('digit', digit);
      if (pcm) this.emit('audio', pcm, packet.timestamp);
    } catch {
      // Not RTP, or cut short: a carrier drops it without a word.
    }
  }

  /** Payload and timestamp as they came; sequence and SSRC are ours, as a mixer's would be. */
  #sendBack({ payloadType, marker, timestamp, payload }: RtpPacket, remote: AudioRemote): void {
    const isAudio = remote.receive.has(payloadType);
    const echoed = isAudio ? remote.format.payloadType : remote.eventPayloadType;
    if (echoed !== undefined) this.#send({ payloadType: echoed, marker, timestamp, payload });
  }

  #send(packet: Omit<RtpPacket, 'ssrc' | 'sequenceNumber'>): void {
    const remote = this.#remote;
    if (!remote || this.#closed || remote.host === '0.0.0.0') return;
    sendQuietly(this.#sockets.rtp, this.#stream.write(packet), remote.port, remote.host);
  }

  #handleRtcp(data: Buffer, from: string): void {
    if (from !== this.#remote?.host) return;
    try {
      this.#reporter.handle(data);
    } catch {
      // As above.
    }
  }

  #report(): void {
    if (this.#remote && !this.#closed) {
      const report = this.#reporter.buildReport(this.#stream.counters, this.#incoming.statistics);
      sendQuietly(this.#sockets.rtcp, report, this.#remote.port + 1, this.#remote.host);
    }
    this.#rtcpTimer = this.#clock.schedule(rtcpIntervalMs, () => this.#report());
  }
}

/** A datagram that cannot be sent is a lost one. */
function sendQuietly(socket: Socket, data: Buffer, port: number, host: string): void {
  socket.send(data, port, host, () => undefined);
}
