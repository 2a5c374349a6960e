import { createSocket, type Socket } from 'node:dgram';
import { decodePcmu, encodePcmu, isRtcp, parseRtp, ToneGenerator, toneShare, writeRtp } from '@intermix/media';

/** A packet that the caller heard. */
export interface Heard {
  atMs: number;
  samples: Int16Array;
  isLoud: boolean;
}

/** Twenty milliseconds hold a tone, and not the noise of G.711's smallest steps. */
const loudness = 300;

/** The far end of a leg: a telephone on real RTP, PCMU. Keeps the last minute of what it hears. */
export class RtpCaller {
  readonly heard: Heard[] = [];
  readonly #socket: Socket;
  #target = 0;
  #sequence = 0;
  #timestamp = 0;
  #saidAtMs = performance.now();
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#hear(data));
  }

  static async open(): Promise<RtpCaller> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new RtpCaller(socket);
  }

  get offer(): string {
    const { port } = this.#socket.address();
    return [
      ...['v=0', 'o=caller 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...[
        `m=audio ${port} RTP/AVP 0 101`,
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=sendrecv',
        '',
      ],
    ].join('\r\n');
  }

  aimAt(sdp: string): void {
    this.#target = Number(/m=audio (\d+)/.exec(sdp)?.[1]);
  }

  /** Says a tone until told otherwise. */
  say(hz: number): void {
    this.hush();
    const pauseMs = performance.now() - this.#saidAtMs;
    this.#timestamp += Math.round(pauseMs / 20) * 160; // A telephone's clock goes on while it is silent.
    const tone = new ToneGenerator({ frequenciesHz: [hz] });
    this.#timer = setInterval(() => this.send(encodePcmu(tone.next())), 20);
  }

  hush(): void {
    clearInterval(this.#timer);
  }

  /** One packet, 20 ms after the one before. */
  send(payload: Buffer, more: { payloadType?: number; marker?: boolean; timestamp?: number } = {}): void {
    const sequenceNumber = this.#sequence++ & 0xffff;
    this.#timestamp += 160;
    this.#saidAtMs = performance.now();
    const { payloadType = 0, marker = false, timestamp = this.#timestamp } = more;
    const packet = { payloadType, marker, sequenceNumber, timestamp, ssrc: 0x1234, payload };
    this.#socket.send(writeRtp(packet), this.#target, '127.0.0.1');
  }

  /** Presses a key: RFC 4733, begun and ended. */
  press(event: number): void {
    const timestamp = this.#timestamp;
    for (const end of [0, 0x80, 0x80, 0x80])
      this.send(Buffer.from([event, end | 10, 0x03, 0x20]), { payloadType: 101, timestamp });
  }

  /** Share of the tone in the last so many milliseconds that were heard. */
  shareOf(hz: number, lastMs = 200): number {
    const samples = this.heard.slice(-lastMs / 20).flatMap((one) => [...one.samples]);
    return toneShare(Int16Array.from(samples), hz);
  }

  close(): void {
    this.hush();
    this.#socket.close();
  }

  #hear(data: Buffer): void {
    if (isRtcp(data)) return;
    const { payload, payloadType } = parseRtp(data);
    if (payloadType !== 0) return;
    const samples = decodePcmu(payload);
    const isLoud = samples.some((sample) => Math.abs(sample) > loudness);
    this.heard.push({ atMs: performance.now(), samples, isLoud });
    if (this.heard.length > 3_000) this.heard.shift();
  }
}
