import type { Clock, Timer } from '@intermix/kernel';
import {
  type PlatformMessage,
  readBotMessage,
  readPlatformMessage,
  type StreamStart,
  samplesOf,
} from '@intermix/streaming';
import { PlayoutLine } from '../line/playout-line.js';
import { Ticker } from '../line/ticker.js';
import { type Capture, type Speaker, withoutSecrets } from './capture-file.js';
import { CaptureWriter } from './capture-writer.js';

/** One end of a captured stream. Methods never throw. */
export interface CaptureEnd {
  send(data: Buffer | string): void;
  close(code: number, reason: string): void;
}

export interface CaptureLimits {
  /** Of one stream: its time, and the octets of its messages, and of its audio. */
  maxMs: number;
  maxOctets: number;
}

/** Of a stream, an hour is the longest that Exotel keeps one. */
export const usualCaptureLimits: CaptureLimits = { maxMs: 3_600_000, maxOctets: 400_000_000 };
/** A caller that says nothing for so long is none; and `start` comes within. */
const idleMs = 30_000;
const tickIdleMs = 5_000;
/** Messages before `start`: there is one, `connected`. */
const maxEarly = 16;

/** A stream between a caller and a bot (or nobody), written down as it passes. */
export class CapturedStream {
  readonly #options: CapturedStreamOptions;
  readonly #ticker: Ticker;
  #idleTimer: Timer | undefined;
  #heardAtMs: number;
  #startMs: number;
  #start: StreamStart | undefined;
  #writer: CaptureWriter | undefined;
  #lines: Record<Speaker, PlayoutLine> | undefined;
  #early: Buffer[] = [];
  #isOver = false;

  constructor(options: CapturedStreamOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
    this.#startMs = this.#heardAtMs;
    this.#ticker = new Ticker(options.clock, (nowMs) => this.#guarded(() => this.#tick(nowMs)));
    this.#watchIdle();
  }

  /** A message of one end, for the other. */
  handle(by: Speaker, data: Buffer, isBinary: boolean): void {
    if (this.#isOver) return;
    if (by === 'caller') this.#heardAtMs = this.#options.clock.now();
    this.#guarded(() => this.#take(by, data, isBinary));
  }

  /** One end has gone: the other is let go, and the capture finished. */
  end(by: Capture['ended_by'], code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ticker.stop();
    this.#idleTimer?.cancel();
    const { caller, bot, over } = this.#options;
    const words = code === 1005 || code === 1006 ? 1000 : code;
    if (by !== 'caller') caller.close(words, '');
    if (by !== 'bot') bot?.close(words, '');
    try {
      this.#finish(by, code);
      over(this.#writer?.folder);
    } catch (error) {
      over(this.#writer?.folder, error);
    }
  }

  #take(by: Speaker, data: Buffer, isBinary: boolean): void {
    const said = isBinary ? undefined : read(by, data);
    if (said?.event === 'start' && by === 'caller' && !this.#start) this.#begin(said.start);
    if (!this.#writer) {
      if (by === 'caller' && this.#early.length < maxEarly) this.#early.push(data);
      return;
    }
    const nowMs = this.#options.clock.now() - this.#startMs;
    if (!this.#writer.write(by, nowMs, data, isBinary)) this.end('limit', 1001);
    else this.#play(by, said);
  }

  #play(by: Speaker, said: ReturnType<typeof read>): void {
    const line = this.#lines?.[by];
    if (said?.event === 'media') line?.push(samplesOf('media' in said ? said.media.audio : said.audio));
    else if (said?.event === 'clear') line?.clear();
    else if (said?.event === 'mark' && by === 'bot') line?.mark(said.name);
  }

  #begin(start: StreamStart): void {
    const { clock, outDir, limits } = this.#options;
    this.#start = start;
    this.#startMs = clock.now();
    const name = `${stampOf(this.#startMs)}-${start.callSid.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 64) || 'call'}`;
    const { sampleRate } = start;
    if (![8_000, 16_000, 24_000].includes(sampleRate)) throw new RangeError(`a sample rate of ${sampleRate}`);
    this.#writer = new CaptureWriter({ parent: outDir, name, sampleRate, maxOctets: limits.maxOctets });
    for (const data of this.#early) this.#writer.write('caller', 0, data, false);
    this.#early = [];
    const line = () => new PlayoutLine({ sampleRate, onMark() {}, onUnderrun() {} });
    this.#lines = { caller: line(), bot: line() };
    this.#ticker.start();
  }

  #tick(nowMs: number): void {
    const lines = this.#lines;
    if (nowMs >= this.#options.limits.maxMs) this.end('limit', 1001);
    else if (lines) this.#writer?.audio.write(lines.caller.next(), lines.bot.next());
  }

  #watchIdle(): void {
    this.#idleTimer = this.#options.clock.schedule(tickIdleMs, () => {
      if (this.#options.clock.now() - this.#heardAtMs >= idleMs) this.end('limit', 1008);
      else this.#watchIdle();
    });
  }

  #finish(by: Capture['ended_by'], code: number): void {
    const { path, forwardedTo, clock } = this.#options;
    const start = this.#start;
    if (!start) return;
    this.#writer?.finish({
      ...{ began_at: new Date(this.#startMs).toISOString(), path, forwarded_to: forwardedTo },
      ...{ stream_sid: start.streamSid, call_sid: start.callSid, from: start.from, to: start.to },
      sample_rate: start.sampleRate,
      custom_parameters: withoutSecrets(start.customParameters) as Record<string, string>,
      ...{ duration_ms: clock.now() - this.#startMs, ended_by: by, close_code: code },
    });
  }

  /** What the disk refuses ends this stream only. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.failed(error);
      this.end('limit', 1011);
    }
  }
}

export interface CapturedStreamOptions {
  clock: Clock;
  outDir: string;
  limits: CaptureLimits;
  /** Of the caller's request, without its query. */
  path: string;
  forwardedTo: string | null;
  caller: CaptureEnd;
  /** Undefined: nobody answers. */
  bot: CaptureEnd | undefined;
  failed: (error: unknown) => void;
  /** Over: with the folder, when there is one, and what went wrong with it. */
  over: (folder: string | undefined, error?: unknown) => void;
}

function read(by: Speaker, data: Buffer): PlatformMessage | ReturnType<typeof readBotMessage> | undefined {
  try {
    return by === 'caller' ? readPlatformMessage(data.toString('utf8')) : readBotMessage(data.toString('utf8'));
  } catch {
    return undefined; // It is written down as it is.
  }
}

const stampOf = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
