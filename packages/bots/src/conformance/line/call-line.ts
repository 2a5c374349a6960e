import { octetsOf, type PlatformMessageWriter } from '@intermix/streaming';
import type { Findings } from '../findings.js';
import { conversationOf } from '../measures/conversation.js';
import { SpeechTrack } from '../measures/speech-track.js';
import { Loudness } from '../sound/loudness.js';
import type { CallAudio } from '../sound/two-channel-wav.js';
import type { LineMeasures } from './call-outcome.js';
import type { BotHeard, Caller, CallerView } from './caller.js';
import type { BotSaid } from './message-check.js';
import { PlayoutLine } from './playout-line.js';
import { tickMs } from './tick.js';

/** Ticks in a media message: 100 ms, as Exotel cuts them; bare audio goes out at once. */
const frameTicks = { json: 5, binary: 1 } as const;
/** What is kept of a call's marks and clears for measures and steps. */
const maxKept = 10_000;

/** The telephone line between a caller and a bot: each tick one piece of sound goes either way, and is measured. */
export class CallLine {
  readonly #options: CallLineOptions;
  readonly #playout: PlayoutLine;
  readonly #loudness: Loudness;
  readonly #callerTrack = new SpeechTrack();
  readonly #botTrack = new SpeechTrack();
  readonly #clears: number[] = [];
  readonly #marks: string[] = [];
  readonly #digits: number[] = [];
  readonly #silence: Int16Array;
  #frame: Int16Array[] = [];
  #chunk = 0;
  #isQueueDeep = false;
  #nowMs = 0;

  constructor(options: CallLineOptions) {
    const { sampleRate, audibleDbfs, writer, send, findings } = options;
    this.#options = options;
    this.#loudness = new Loudness(audibleDbfs);
    this.#silence = new Int16Array((sampleRate / 1000) * tickMs);
    this.#playout = new PlayoutLine({
      sampleRate,
      onMark: (name) => {
        if (this.#marks.length < maxKept) this.#marks.push(name);
        const queue = { queueMs: this.#playout.queuedMs, playedMs: this.#playout.counts.played_ms };
        send(writer.mark(name, queue));
      },
      onUnderrun: (gapMs) => findings.add('underrun', { at_ms: this.#nowMs, seen: `a gap of ${gapMs} ms` }),
    });
  }

  get botAudibleMs(): number {
    return this.#botTrack.audibleMs;
  }

  get measures(): LineMeasures {
    const [caller, bot] = [this.#callerTrack.segments, this.#botTrack.segments];
    return {
      conversation: conversationOf({ caller, bot, clears: this.#clears, digits: this.#digits }),
      firstAudioMs: bot[0]?.fromMs ?? null,
      botAudibleMs: this.#botTrack.audibleMs,
      callerAudibleMs: this.#callerTrack.audibleMs,
      underruns: { ...this.#playout.underruns },
      playout: this.#playout.counts,
    };
  }

  /** What the bot said. */
  handle(said: BotSaid, { atMs, message }: { atMs: number; message: number }): void {
    if (said.event === 'mark') this.#playout.mark(said.name);
    else if (said.event === 'clear') this.#clear(atMs);
    else {
      if (!this.#playout.push(said.samples))
        this.#options.findings.add('queue-overflow', { at_ms: atMs, message, seen: 'more than 180 s wait' });
      this.#checkQueue(atMs, message);
    }
  }

  /** 20 ms go by. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#sendFrame();
    const heard = this.#playout.next();
    const isAudible = this.#loudness.isAudible(heard);
    this.#botTrack.hear(isAudible, nowMs, tickMs);
    const said = this.#whole(this.#options.caller.tick(this.#viewOf(nowMs, heard, isAudible)));
    this.#callerTrack.hear(this.#loudness.isAudible(said), nowMs, tickMs);
    this.#options.audio?.write(said, heard);
    this.#frame.push(said);
  }

  #viewOf(nowMs: number, frame: Int16Array, isAudible: boolean): CallerView {
    const { sampleRate, hangUp, send, writer, findings } = this.#options;
    const track = this.#botTrack;
    const bot: BotHeard = {
      ...{ speakingSinceMs: track.speakingSinceMs(nowMs), lastAudibleMs: track.lastAudibleMs },
      ...{ audibleMs: track.audibleMs, frame, isAudible, clears: this.#clears, marks: this.#marks },
    };
    return {
      ...{ nowMs, sampleRate, bot, hangUp },
      found: (rule, seen) => findings.add(rule, { at_ms: nowMs, seen }),
      pressDigit: (digit, durationMs) => {
        this.#digits.push(nowMs);
        send(writer.dtmf(digit, durationMs));
      },
    };
  }

  #whole(said: Int16Array | undefined): Int16Array {
    if (!said || said.length === this.#silence.length) return said ?? this.#silence;
    const whole = new Int16Array(this.#silence.length);
    whole.set(said.subarray(0, whole.length));
    return whole;
  }

  /** A full frame goes out when its last 20 ms have been said, and not before. */
  #sendFrame(): void {
    const { isBinary, send, writer } = this.#options;
    if (this.#frame.length < (isBinary ? frameTicks.binary : frameTicks.json)) return;
    const audio = Buffer.concat(this.#frame.map(octetsOf));
    this.#frame = [];
    this.#chunk++;
    send(isBinary ? audio : writer.media({ chunk: this.#chunk, timestampMs: this.#nowMs, audio }));
  }

  #clear(atMs: number): void {
    if (this.#clears.length < maxKept) this.#clears.push(atMs);
    this.#playout.clear();
    this.#botTrack.cut();
    this.#isQueueDeep = false;
  }

  #checkQueue(atMs: number, message: number): void {
    const { queueLimitMs, findings } = this.#options;
    const isDeep = this.#playout.queuedMs > queueLimitMs;
    if (isDeep && !this.#isQueueDeep) {
      const seen = `${Math.round(this.#playout.queuedMs)} ms wait, more than ${queueLimitMs}`;
      findings.add('standing-queue', { at_ms: atMs, message, seen });
    }
    this.#isQueueDeep = isDeep;
  }
}

export interface CallLineOptions {
  sampleRate: number;
  isBinary: boolean;
  queueLimitMs: number;
  audibleDbfs: number;
  caller: Caller;
  audio: CallAudio | undefined;
  findings: Findings;
  writer: PlatformMessageWriter;
  send: (message: string | Buffer) => void;
  hangUp: () => void;
}
