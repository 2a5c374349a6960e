import { eventually } from '@intermix/testkit';
import WebSocket from 'ws';

// Exotel's end of a stream, as its protocol page has it: a WebSocket library, JSON and base64, and nothing of ours. It plays
// what it is sent in real time, so that it knows what its caller has heard.

const rateHz = 8_000;
const frameMs = 100;

/** What it was sent and is to play: from when, and how long. Milliseconds on the clock of `Date.now()`. */
interface Piece {
  from: number;
  ms: number;
  hz: number;
}

/** A caller who is connected to a bot. */
export class ExotelCaller {
  readonly streamSid: string;
  readonly events: { event: string; at: number; [field: string]: any }[] = [];
  closed: { code: number; at: number } | undefined;
  readonly #socket: WebSocket;
  readonly #pieces: Piece[] = [];
  readonly #marks: { name: string; timer: NodeJS.Timeout }[] = [];
  #playsUntil = 0;
  #sequence = 0;
  #chunk = 0;
  #saysHz: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: WebSocket, streamSid: string) {
    this.#socket = socket;
    this.streamSid = streamSid;
    socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    socket.on('close', (code) => {
      this.closed = { code, at: Date.now() };
      this.#stopTalking();
    });
    socket.on('error', () => {});
  }

  static async dial(url: string, call: { sid: string; from: string; to: string; custom?: object }) {
    const socket = new WebSocket(url);
    const caller = new ExotelCaller(socket, `stream-${call.sid}`);
    await eventually(() => socket.readyState === WebSocket.OPEN, { timeoutMs: 15_000, message: 'the bot to answer' });
    const { streamSid } = caller;
    socket.send(JSON.stringify({ event: 'connected' }));
    caller.#send('start', {
      start: {
        ...{ stream_sid: streamSid, call_sid: call.sid, account_sid: 'exotel', from: call.from, to: call.to },
        ...{ custom_parameters: call.custom ?? {} },
        media_format: { encoding: 'audio/x-raw', sample_rate: String(rateHz), bit_rate: '16' },
      },
    });
    caller.#talk();
    return caller;
  }

  /** Says a tone from the next frame on; nothing when undefined. */
  say(hz: number | undefined): void {
    this.#saysHz = hz;
  }

  /** Frames of 100 ms that it said, silent ones too. */
  get saidFrames(): number {
    return this.#chunk;
  }

  press(digit: string): void {
    this.#send('dtmf', { dtmf: { digit, duration: '100' } });
  }

  /** The tone that is being heard. */
  get hearingHz(): number | undefined {
    const now = Date.now();
    return this.#pieces.find(({ from, ms }) => from <= now && now < from + ms)?.hz;
  }

  /** Milliseconds that were heard of a tone. */
  heardMs(hz: number): number {
    const now = Date.now();
    const ofTone = this.#pieces.filter((piece) => Math.abs(piece.hz - hz) < 30);
    return ofTone.reduce((sum, { from, ms }) => sum + Math.max(0, Math.min(ms, now - from)), 0);
  }

  of(event: string) {
    return this.events.filter((one) => one.event === event);
  }

  async hears(hz: number, ms = 1): Promise<void> {
    const message = `the caller to hear ${ms} ms of ${hz} Hz`;
    await eventually(() => this.heardMs(hz) >= ms, { timeoutMs: 15_000, everyMs: 5, message });
  }

  /** Waits until so many marks have come since it was connected, and all that came was heard and is told. */
  async heardAll(marks: number): Promise<void> {
    const isDone = () => this.of('mark').length >= marks && Date.now() >= this.#playsUntil && this.#marks.length === 0;
    await eventually(isDone, { timeoutMs: 15_000, everyMs: 5, message: `${marks} marks and all to be heard` });
  }

  async isClosed(): Promise<{ code: number; at: number }> {
    return eventually(() => this.closed, { timeoutMs: 15_000, everyMs: 10, message: 'the bot to hang up' });
  }

  /** As Exotel does it when its caller hangs up. */
  hangUp(): void {
    this.#stopTalking();
    const stop = { call_sid: this.streamSid, account_sid: 'exotel', reason: 'callended' };
    this.#send('stop', { stop });
    this.#socket.close(1000);
  }

  #talk(): void {
    const startedAt = Date.now();
    let frames = 0;
    const step = () => {
      const audio = toneOf(this.#saysHz, frames * frameMs);
      frames++;
      const media = { chunk: String(++this.#chunk), timestamp: String(frames * frameMs), payload: audio };
      this.#send('media', { media });
      this.#timer = setTimeout(step, Math.max(0, startedAt + (frames + 1) * frameMs - Date.now()));
    };
    this.#timer = setTimeout(step, frameMs);
  }

  #stopTalking(): void {
    clearTimeout(this.#timer);
    for (const { timer } of this.#marks) clearTimeout(timer);
  }

  #send(event: string, fields: object): void {
    const head = { event, sequence_number: String(++this.#sequence), stream_sid: this.streamSid };
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ ...head, ...fields }));
  }

  #take(message: { event: string; [field: string]: any }): void {
    const now = Date.now();
    this.events.push({ ...message, at: now });
    if (message.event === 'media') this.#play(Buffer.from(message.media.payload, 'base64'), now);
    else if (message.event === 'clear') this.#clear(now);
    else if (message.event === 'mark') {
      const timer = setTimeout(() => this.#tellMark(message.mark.name), Math.max(0, this.#playsUntil - now));
      this.#marks.push({ name: message.mark.name, timer });
    }
  }

  #play(audio: Buffer, now: number): void {
    const samples = Array.from({ length: audio.length / 2 }, (_, index) => audio.readInt16LE(index * 2));
    const ms = samples.length / (rateHz / 1_000);
    const from = Math.max(now, this.#playsUntil);
    this.#pieces.push({ from, ms, hz: hzOf(samples) });
    this.#playsUntil = from + ms;
  }

  /** What was not played is dropped; what waited for it is told. */
  #clear(now: number): void {
    for (const piece of this.#pieces) piece.ms = Math.max(0, Math.min(piece.ms, now - piece.from));
    this.#playsUntil = now;
    for (const { name, timer } of this.#marks.splice(0)) {
      clearTimeout(timer);
      this.#send('mark', { mark: { name } });
    }
  }

  #tellMark(name: string): void {
    this.#marks.splice(
      this.#marks.findIndex((mark) => mark.name === name),
      1,
    );
    this.#send('mark', { mark: { name } });
  }
}

function toneOf(hz: number | undefined, fromMs: number): string {
  const audio = Buffer.alloc((rateHz / 1_000) * frameMs * 2);
  for (let index = 0; hz !== undefined && index < audio.length / 2; index++) {
    const at = fromMs / 1_000 + index / rateHz;
    audio.writeInt16LE(Math.round(8_000 * Math.sin(2 * Math.PI * hz * at)), index * 2);
  }
  return audio.toString('base64');
}

/** Of a tone, by how often it rises through zero, to the tens; 0 of silence. What rings about its ends does not count. */
function hzOf(samples: readonly number[]): number {
  const passages: number[] = [];
  let isLow = false;
  for (const [index, sample] of samples.entries()) {
    if (isLow && sample > 1_000) passages.push(index);
    if (Math.abs(sample) > 1_000) isLow = sample < 0;
  }
  const [first = 0, last = 0] = [passages[0], passages.at(-1)];
  if (passages.length < 2) return 0;
  return Math.round(((passages.length - 1) * rateHz) / (last - first) / 10) * 10;
}
