import type { Socket } from 'node:dgram';
import { type Clock, type Random, type Timer, TypedEmitter } from '@intermix/kernel';
import {
  decodePcma,
  decodePcmu,
  encodePcma,
  encodePcmu,
  type PressedDigit,
  parseRtp,
  ReceiveStatistics,
  RtcpReporter,
  type RtpPacket,
  samplesPerFrame,
  TelephoneEventReceiver,
  writeRtp,
} from '@intermix/media';
import { type AudioSource, silence } from './audio-source.js';
import type { CarrierCodec, CarrierFormat } from './carrier-sdp.js';
import { DigitQueue } from './digit-queue.js';
import { SimulatorError } from './errors.js';
import { FramePacer } from './frame-pacer.js';
import { openRtpSocketPair, type RtpPortRange, type RtpSocketPair } from './rtp-socket-pair.js';
import { ToneMeter } from './tone-meter.js';

/** RFC 3550 §6.2: the least interval of reports. */
const rtcpIntervalMs = 5_000;
/** When nothing came for this long, what was heard is no longer "heard now". */
const staleMs = 300;

export interface AudioEndpointOptions {
  /** Numeric address to bind and announce. */
  host: string;
  ports?: RtpPortRange;
  clock: Clock;
  random: Random;
}

/** Where and how to send, as the two descriptions agreed. */
export interface AudioRemote {
  host: string;
  port: number;
  /** What we send. */
  format: CarrierFormat;
  /** What the far end may send, by payload type. */
  receive: ReadonlyMap<number, CarrierCodec>;
  /** Payload type of the telephone events that we send; undefined: the far end takes none. */
  eventPayloadType: number | undefined;
  /** Payload types of telephone events that may come. */
  receiveEvents: ReadonlySet<number>;
}

export interface AudioEndpointEvents {
  digit: [digit: PressedDigit];
  /** A frame of the far end's audio, decoded. */
  audio: [pcm: Int16Array];
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
  readonly #ssrc: number;
  readonly #reporter: RtcpReporter;
  readonly #received = new ReceiveStatistics();
  readonly #events = new TelephoneEventReceiver();
  readonly #digits = new DigitQueue();
  readonly #meter = new ToneMeter();
  readonly #pacer: FramePacer;
  #remote: AudioRemote | undefined;
  #source: AudioSource = silence;
  #echo = false;
  #sending = true;
  #receiving = true;
  #sequence: number;
  #timestamp: number;
  #eventTimestamp = 0;
  #talking = false;
  #packetsSent = 0;
  #octetsSent = 0;
  #heardAtMs = 0;
  #rtcpTimer: Timer | undefined;
  #closed = false;

  private constructor(options: AudioEndpointOptions, sockets: RtpSocketPair) {
    super();
    const seed = Buffer.from(options.random.bytes(10));
    this.host = options.host;
    this.port = sockets.port;
    this.#clock = options.clock;
    this.#sockets = sockets;
    this.#ssrc = seed.readUInt32BE(0);
    this.#sequence = seed.readUInt16BE(4);
    this.#timestamp = seed.readUInt32BE(6);
    this.#reporter = new RtcpReporter({ ssrc: this.#ssrc, cname: `carrier@${options.host}`, clock: options.clock });
    this.#pacer = new FramePacer({
      clock: options.clock,
      frame: () => this.#sendFrame(),
      skipped: (frames) => this.#advance(frames),
    });
    sockets.rtp.on('message', (data, from) => this.#handleRtp(data, from.address));
    sockets.rtcp.on('message', (data) => this.#handleRtcp(data));
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
    return this.#clock.now() - this.#heardAtMs > staleMs ? undefined : this.#meter.currentHz;
  }

  /** The tone heard last. */
  get lastHeardHz(): number | undefined {
    return this.#meter.lastHz;
  }

  get stats(): { packetsSent: number; packetsReceived: number; packetsLost: number; jitterMs: number } {
    const { packetsReceived, packetsLost, jitterMs } = this.#received;
    return { packetsSent: this.#packetsSent, packetsReceived, packetsLost, jitterMs };
  }

  /** Says RTCP BYE and closes the sockets. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pacer.stop();
    this.#rtcpTimer?.cancel();
    this.#digits.clear();
    const close = () => this.#sockets.close();
    if (this.#remote && this.#packetsSent > 0) {
      this.#sockets.rtcp.send(this.#reporter.buildBye(), this.#remote.port + 1, this.#remote.host, close);
    } else close();
    this.removeAllListeners();
  }

  #sendFrame(): void {
    this.#pollDigits();
    const frame = this.#remote && this.#sending ? this.#digits.next() : undefined;
    if (frame?.kind === 'event') {
      if (frame.first) this.#eventTimestamp = this.#timestamp;
      this.#sendEvent(frame.packet);
    } else if (!this.#echo && this.#sending && this.#remote) {
      this.#sendAudio(frame ? silence.next() : this.#source.next());
    }
    this.#advance(1);
  }

  #sendAudio(pcm: Int16Array): void {
    const { format } = this.#remote as AudioRemote;
    const payload = format.codec === 'PCMA' ? encodePcma(pcm) : encodePcmu(pcm);
    this.#send({ payloadType: format.payloadType, marker: !this.#talking, timestamp: this.#timestamp, payload });
    this.#talking = true;
  }

  #sendEvent(packet: { payload: Buffer; marker: boolean }): void {
    const payloadType = this.#remote?.eventPayloadType;
    if (payloadType === undefined) return;
    this.#send({ payloadType, marker: packet.marker, timestamp: this.#eventTimestamp, payload: packet.payload });
  }

  #send(packet: Omit<RtpPacket, 'ssrc' | 'sequenceNumber'>): void {
    const remote = this.#remote;
    if (!remote || this.#closed || remote.host === '0.0.0.0') return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packetsSent++;
    this.#octetsSent += packet.payload.length;
    const data = writeRtp({ ...packet, sequenceNumber: this.#sequence, ssrc: this.#ssrc });
    sendQuietly(this.#sockets.rtp, data, remote.port, remote.host);
  }

  #advance(frames: number): void {
    this.#timestamp = (this.#timestamp + frames * samplesPerFrame) >>> 0;
  }

  #handleRtp(data: Buffer, from: string): void {
    const remote = this.#remote;
    if (!remote || from !== remote.host || !this.#receiving) return;
    try {
      const packet = parseRtp(data);
      const payloadLength = packet.payload.length;
      this.#received.received({ ...packet, payloadLength }, this.#clock.now(), 8000);
      this.#take(packet, remote);
      if (this.#echo && this.#sending) this.#sendBack(packet);
    } catch {
      // Not RTP, or cut short: a carrier drops it without a word.
    }
  }

  #take(packet: RtpPacket, remote: AudioRemote): void {
    if (remote.receiveEvents.has(packet.payloadType)) {
      const { payload, timestamp } = packet;
      const digits = this.#events.handle({ payload, timestamp, clockRateHz: 8000 }, this.#clock.now());
      for (const digit of digits) this.emit('digit', digit);
      return;
    }
    const codec = remote.receive.get(packet.payloadType);
    if (!codec) return;
    const pcm = codec === 'PCMA' ? decodePcma(packet.payload) : decodePcmu(packet.payload);
    if (this.#clock.now() - this.#heardAtMs > staleMs) this.#meter.reset();
    this.#heardAtMs = this.#clock.now();
    this.#meter.push(pcm);
    this.emit('audio', pcm);
  }

  /** Payload and timestamp as they came; sequence and SSRC are ours, as a mixer's would be. */
  #sendBack(packet: RtpPacket): void {
    const echoed = this.#remote?.receive.has(packet.payloadType)
      ? this.#remote.format.payloadType
      : this.#remote?.eventPayloadType;
    if (echoed === undefined) return;
    const { marker, timestamp, payload } = packet;
    this.#send({ payloadType: echoed, marker, timestamp, payload });
  }

  #pollDigits(): void {
    const digit = this.#events.poll(this.#clock.now());
    if (digit) this.emit('digit', digit);
  }

  #handleRtcp(data: Buffer): void {
    try {
      this.#reporter.handle(data);
    } catch {
      // As above.
    }
  }

  #report(): void {
    if (this.#remote && !this.#closed) {
      const counters = {
        packetsSent: this.#packetsSent,
        octetsSent: this.#octetsSent,
        rtpTimestamp: this.#timestamp,
      };
      const report = this.#reporter.buildReport(counters, this.#received);
      sendQuietly(this.#sockets.rtcp, report, this.#remote.port + 1, this.#remote.host);
    }
    this.#rtcpTimer = this.#clock.schedule(rtcpIntervalMs, () => this.#report());
  }
}

/** A datagram that cannot be sent is a lost one. */
function sendQuietly(socket: Socket, data: Buffer, port: number, host: string): void {
  socket.send(data, port, host, () => undefined);
}
