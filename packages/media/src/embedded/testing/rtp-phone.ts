import { createSocket, type Socket } from 'node:dgram';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../../audio/g711.js';
import { ToneDetector } from '../../audio/goertzel.js';
import { ToneGenerator } from '../../audio/tone-generator.js';
import { parseRtcp, type RtcpPacket } from '../../rtp/rtcp-packet.js';
import { isRtcp, parseRtp, type RtpPacket, writeRtp } from '../../rtp/rtp-packet.js';

/** Polls until the condition holds. The rejection names what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 5000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface RtpPhoneOptions {
  codec?: 'PCMU' | 'PCMA';
  ssrc?: number;
  toneHz?: number;
  /** Written into SDP instead of the port that sends. */
  announcedPort?: number;
}

/** A carrier's end of a plain RTP leg, on real sockets. Only for tests. */
export class RtpPhone {
  readonly received: RtpPacket[] = [];
  readonly reports: RtcpPacket[] = [];
  readonly codec: 'PCMU' | 'PCMA';
  readonly #options: RtpPhoneOptions;
  #rtp: Socket;
  #rtcp: Socket;
  readonly #listeners: ((packet: RtpPacket) => void)[] = [];
  #sequence = 100;
  #timestamp = 5000;
  #timer: ReturnType<typeof setInterval> | undefined;
  #target = 0;

  private constructor(rtp: Socket, rtcp: Socket, options: RtpPhoneOptions) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#options = options;
    this.codec = options.codec ?? 'PCMU';
    const take = (data: Buffer) => this.#take(data);
    rtp.on('message', take);
    rtcp.on('message', take);
    rtp.on('error', () => {});
    rtcp.on('error', () => {});
  }

  static async open(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    return new RtpPhone(await bound(), await bound(), options);
  }

  get port(): number {
    return this.#rtp.address().port;
  }

  get rtcpPort(): number {
    return this.#rtcp.address().port;
  }

  get payloadType(): number {
    return this.codec === 'PCMU' ? 0 : 8;
  }

  /** This end's offer or answer. */
  sdp(direction = 'sendrecv', address = '127.0.0.1'): string {
    const map = `a=rtpmap:${this.payloadType} ${this.codec}/8000`;
    return [
      'v=0',
      'o=phone 1 1 IN IP4 127.0.0.1',
      's=-',
      `c=IN IP4 ${address}`,
      't=0 0',
      `m=audio ${this.#options.announcedPort ?? this.port} RTP/AVP ${this.payloadType} 101`,
      map,
      'a=rtpmap:101 telephone-event/8000',
      `a=rtcp:${this.rtcpPort}`,
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Reads where to send to from the engine's SDP. */
  aimAt(sdp: string): void {
    this.#target = Number(/m=audio (\d+)/.exec(sdp)?.[1]);
  }

  get target(): number {
    return this.#target;
  }

  /** Sends a tone, 50 packets a second. */
  talk(): void {
    const generator = new ToneGenerator({ frequenciesHz: [this.#options.toneHz ?? 440] });
    this.#timer = setInterval(() => {
      const pcm = generator.next();
      this.send({ payload: this.codec === 'PCMU' ? encodePcmu(pcm) : encodePcma(pcm) });
    }, 20);
  }

  hush(): void {
    clearInterval(this.#timer);
  }

  /** Sends one packet; 20 ms further unless told otherwise. */
  send(packet: { payload: Buffer; payloadType?: number; marker?: boolean; timestamp?: number }): void {
    this.#timestamp += 160;
    this.sendRaw(
      writeRtp({
        payloadType: packet.payloadType ?? this.payloadType,
        marker: packet.marker ?? false,
        sequenceNumber: this.#sequence++ & 0xffff,
        timestamp: packet.timestamp ?? this.#timestamp,
        ssrc: this.#options.ssrc ?? 0x1234,
        payload: packet.payload,
      }),
    );
  }

  get timestamp(): number {
    return this.#timestamp;
  }

  sendRaw(data: Buffer): void {
    this.#rtp.send(data, this.#target, '127.0.0.1');
  }

  sendRtcp(data: Buffer): void {
    this.#rtcp.send(data, this.#target + 1, '127.0.0.1');
  }

  /** Waits until `blocks` blocks of 100 ms in a row of what comes hold the tone. */
  async hears(frequencyHz: number, blocks = 3, timeoutMs = 5000): Promise<void> {
    const detector = new ToneDetector({ frequencyHz });
    let run = 0;
    let judged = 0;
    this.#listeners.push((packet) => {
      if (packet.payloadType !== 0 && packet.payloadType !== 8) return;
      detector.push(packet.payloadType === 0 ? decodePcmu(packet.payload) : decodePcma(packet.payload));
      if (detector.blocksJudged === judged) return;
      judged = detector.blocksJudged;
      run = detector.present ? run + 1 : 0;
    });
    await until(`${frequencyHz} Hz`, () => run >= blocks, timeoutMs);
  }

  close(): void {
    this.hush();
    this.#rtp.close();
    this.#rtcp.close();
  }

  #take(data: Buffer): void {
    if (isRtcp(data)) {
      this.reports.push(...parseRtcp(data));
      return;
    }
    const packet = parseRtp(data);
    this.received.push(packet);
    for (const listener of this.#listeners) listener(packet);
  }
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}
