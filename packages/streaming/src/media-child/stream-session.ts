import type { Clock, Timer } from '@intermix/kernel';
import type { Attachment, AttachmentCloseReason, AttachmentContext } from '@intermix/media';
import type { GuardedWebSocket, WebSocketEnd } from '@intermix/outbound';
import { binaryFrameMs } from '../protocol/binary-protocol.js';
import { PlatformMessageWriter } from '../protocol/platform-message.js';
import { type StreamUrl, shownUrlOf } from '../protocol/stream-url.js';
import { noCounters, type StreamEnd } from '../stream-end.js';
import { StreamMessageError } from '../stream-error.js';
import type { SampleRate, StopReason, StreamCommand, StreamEvent, StreamSpec } from '../stream-spec.js';
import { BotWatch, type Misbehaviour } from './bot-watch.js';
import { Downlink } from './downlink.js';
import { FrameOutlet } from './frame-outlet.js';
import { resamplersReady } from './resampler.js';
import { StreamConnection } from './stream-connection.js';
import type { StreamNetwork } from './stream-network.js';
import {
  closedVerdict,
  connectVerdict,
  misbehavedVerdict,
  type StreamVerdict,
  stoppedVerdict,
  timeLimitVerdict,
} from './stream-verdict.js';
import { Uplink, type UplinkFrame } from './uplink.js';

const tickMs = 1_000;
/** What a socket may hold back before frames wait here: half a second of speech, or a small message's worth. */
const bufferedMs = 500;
const minBufferedBytes = 16_384;
/** Answers to marks and pings that a bot does not take: with so much of them it is not listening any more. */
const maxUnreadBytes = 1_048_576;
/** A ping and its answer. */
const pingOctets = 125;

//  connecting ──handshake──► open ──stop, garbage, limit──► closing ──closed──► ended
//       └──────failed, stop───────────────┴──closed by the bot─────────────────────┘
type State = 'connecting' | 'open' | 'closing' | 'ended';

/** What there is while the bot is connected. */
interface OpenStream {
  socket: GuardedWebSocket;
  writer: PlatformMessageWriter;
  outlet: FrameOutlet;
  uplink: Uplink;
  downlink: Downlink | undefined;
  watch: BotWatch;
  startedAtMs: number;
  stopDigits: () => void;
}

/** One stream between a leg and a bot. */
export class StreamSession implements Attachment {
  readonly #spec: StreamSpec;
  readonly #context: AttachmentContext;
  readonly #clock: Clock;
  readonly #network: StreamNetwork;
  #state: State = 'connecting';
  #connection: StreamConnection | undefined;
  #open: OpenStream | undefined;
  #streamUrl: string;
  #stopReason: StopReason = 'stopped';
  #verdict: StreamVerdict | undefined;
  #limitTimer: Timer | undefined;
  #tickTimer: Timer | undefined;
  #marks = 0;
  #endedAtMs = 0;

  constructor(options: { spec: StreamSpec; context: AttachmentContext; network: StreamNetwork }) {
    this.#spec = options.spec;
    this.#context = options.context;
    this.#clock = options.context.clock;
    this.#network = options.network;
    this.#streamUrl = shownUrlOf(options.spec.url);
    void resamplersReady.then(() => this.#connect());
  }

  handle(command: unknown): void {
    const word = command as StreamCommand;
    if (word.type === 'stop') this.#stop(word.reason);
    else if (word.type === 'digit') this.#tellDigit(word);
  }

  close(reason: AttachmentCloseReason): void {
    this.#stop(reason === 'leg-closed' ? 'callended' : this.#stopReason);
  }

  #connect(): void {
    if (this.#state !== 'connecting') return;
    this.#connection = new StreamConnection({
      spec: this.#spec,
      network: this.#network,
      clock: this.#clock,
      handlers: {
        opened: (url, isBinary) => this.#opened(url, isBinary),
        message: (data, isBinary) => this.#handleMessage(data, isBinary),
        alive: (kind) => this.#open?.watch.heard(kind === 'ping' ? pingOctets : 0),
        closed: (end) => this.#handleClosed(end),
        failed: (failure) => {
          this.#streamUrl = failure.streamUrl;
          this.#finish(connectVerdict(failure));
        },
      },
    });
  }

  /** What cannot be fed (an Opus leg) is this stream's failure alone. */
  #opened(url: StreamUrl, isBinary: boolean): void {
    try {
      this.#start(url, isBinary);
    } catch (error) {
      const fault = faultOfOurs(error);
      this.#verdict = misbehavedVerdict(fault);
      this.#connection?.socket?.close(fault.code, fault.why);
      this.#finish(this.#verdict);
    }
  }

  #start(url: StreamUrl, isBinary: boolean): void {
    const socket = this.#connection?.socket;
    if (!socket || this.#state !== 'connecting') return;
    const { streamSid, callSid, accountSid, from, to, tracks, legDigits } = this.#spec;
    const sampleRate = this.#spec.sampleRate ?? url.sampleRate ?? 8000;
    const customParameters = this.#spec.customParameters ?? url.customParameters;
    const writer = new PlatformMessageWriter(streamSid);
    socket.send(writer.connected());
    const named = tracks === 'both' ? (['inbound', 'outbound'] as const) : [tracks];
    const extra = { tracks: tracks === 'inbound' ? undefined : named, binary: isBinary };
    socket.send(writer.start({ streamSid, callSid, accountSid, from, to, customParameters, sampleRate, ...extra }));
    this.#state = 'open';
    this.#streamUrl = url.shown;
    const { audio } = this.#context;
    this.#open = {
      ...{ socket, writer, startedAtMs: this.#clock.now() },
      ...this.#pathsOf(socket, { sampleRate, isBinary }),
      watch: new BotWatch({
        clock: this.#clock,
        ping: () => socket.ping(),
        hold: (isHeld) => (isHeld ? socket.pause() : socket.resume()),
      }),
      stopDigits: legDigits ? audio.onDigit((digit) => this.#tellDigit(digit)) : () => {},
    };
    this.#limitTimer = this.#clock.schedule(this.#spec.maxDurationMs, () => this.#reachLimit());
    this.#tick();
    this.#tell({ type: 'started', streamUrl: this.#streamUrl, sampleRate });
  }

  #pathsOf(
    socket: GuardedWebSocket,
    { sampleRate, isBinary }: { sampleRate: SampleRate; isBinary: boolean },
  ): Pick<OpenStream, 'outlet' | 'uplink' | 'downlink'> {
    const { audio } = this.#context;
    const common = { audio, clock: this.#clock, sampleRate };
    const octetsPerMs = ((sampleRate * 2) / 1000) * (isBinary ? 1 : 4 / 3);
    const { tracks, mode, frameMs } = this.#spec;
    return {
      outlet: new FrameOutlet(socket, { maxBufferedBytes: Math.max(minBufferedBytes, octetsPerMs * bufferedMs) }),
      uplink: new Uplink({
        ...{ ...common, tracks, frameMs: isBinary ? binaryFrameMs : frameMs },
        emit: (frame) => this.#sendFrame(frame, isBinary),
      }),
      downlink:
        mode === 'bidirectional'
          ? new Downlink({ ...common, isBinary, onMark: (name) => this.#answerMark(name) })
          : undefined,
    };
  }

  #sendFrame(frame: UplinkFrame, isBinary: boolean): void {
    const open = this.#open;
    if (!open || this.#state !== 'open') return;
    const { audio, track, number: chunk, timestampMs } = frame;
    const named = this.#spec.mode === 'one-way' ? track : undefined;
    const write = () =>
      isBinary
        ? audio
        : open.writer.media({ chunk, timestampMs, audio, track: named, queue: open.downlink?.queueState });
    open.outlet.push({ durationMs: isBinary ? binaryFrameMs : this.#spec.frameMs, write });
  }

  #answerMark(name: string): void {
    const open = this.#open;
    if (!open || this.#state !== 'open') return;
    this.#marks++;
    if (open.socket.bufferedBytes > maxUnreadBytes) return; // The next tick ends the stream.
    open.socket.send(open.writer.mark(name, open.downlink?.queueState));
  }

  #tellDigit({ digit, durationMs }: { digit: string; durationMs: number }): void {
    if (this.#state !== 'open' || this.#spec.mode === 'one-way') return; // A listener is told no digits.
    this.#open?.socket.send(this.#open.writer.dtmf(digit, durationMs));
  }

  #handleMessage(data: Buffer, isBinary: boolean): void {
    const open = this.#open;
    if (!open || this.#state !== 'open') return;
    open.watch.heard(data.length + 1);
    try {
      open.downlink?.handle(data, isBinary); // What is said on a one-way stream is for nobody.
      open.watch.good();
    } catch (error) {
      this.#endFor(error instanceof StreamMessageError ? open.watch.bad(error) : faultOfOurs(error));
    }
  }

  /** Once a second: what nobody else notices. */
  #tick(): void {
    this.#tickTimer = this.#clock.schedule(tickMs, () => {
      const open = this.#open;
      if (!open || this.#state !== 'open') return;
      this.#endFor(open.watch.check() ?? unread(open.socket));
      open.downlink?.tick();
      open.outlet.flush();
      if (this.#state === 'open') this.#tick();
    });
  }

  #reachLimit(): void {
    if (this.#state === 'open') this.#leave(timeLimitVerdict(), 'stopped');
  }

  #stop(reason: StopReason): void {
    this.#stopReason = reason;
    if (this.#state === 'open') this.#leave(stoppedVerdict(reason, true), reason);
    else if (this.#state === 'connecting') {
      this.#connection?.abort();
      this.#finish(stoppedVerdict(reason, false));
    }
  }

  /** Says goodbye; the end is told when the bot has heard it, or two seconds later. */
  #leave(verdict: StreamVerdict, reason: StopReason): void {
    const { callSid, accountSid } = this.#spec;
    const open = this.#open;
    open?.socket.send(open.writer.stop({ callSid, accountSid, reason }));
    this.#closeSocket(verdict, 1000, '');
  }

  #endFor(misbehaviour: Misbehaviour | undefined): void {
    if (misbehaviour) this.#closeSocket(misbehavedVerdict(misbehaviour), misbehaviour.code, misbehaviour.why);
  }

  #closeSocket(verdict: StreamVerdict, code: number, why: string): void {
    this.#state = 'closing';
    this.#verdict = verdict;
    this.#endOpen();
    this.#open?.socket.close(code, why);
  }

  #handleClosed(end: WebSocketEnd): void {
    this.#finish(this.#verdict ?? closedVerdict(end));
  }

  /** From here on the leg is let alone, and the bot is neither heard nor told. */
  #endOpen(): void {
    const open = this.#open;
    if (!open || this.#endedAtMs > 0) return;
    this.#endedAtMs = this.#clock.now();
    this.#limitTimer?.cancel();
    this.#tickTimer?.cancel();
    open.stopDigits();
    open.watch.close();
    open.uplink.close();
    open.downlink?.close();
  }

  #finish(verdict: StreamVerdict): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endOpen();
    this.#context.ended(this.#endOf(verdict));
  }

  #endOf(verdict: StreamVerdict): StreamEnd {
    const open = this.#open;
    const { streamSid } = this.#spec;
    return {
      ...{ streamSid, streamUrl: this.#streamUrl, ...verdict },
      durationSec: open ? Math.round((this.#endedAtMs - open.startedAtMs) / 1000) : 0,
      counters: {
        ...noCounters(),
        handshakes: this.#connection?.handshakes ?? 0,
        ...open?.outlet.counts,
        ...open?.uplink.counts,
        ...open?.downlink?.counts,
        ...{ marks: this.#marks, ...open?.watch.counts },
      },
    };
  }

  #tell(event: StreamEvent): void {
    this.#context.emit(event);
  }
}

function unread({ bufferedBytes }: GuardedWebSocket): Misbehaviour | undefined {
  if (bufferedBytes <= maxUnreadBytes) return undefined;
  return { code: 1008, detail: 'Streaming_bot_stalled', why: 'The bot does not read what it is sent.' };
}

/** Nothing may escape into the socket's handler: other calls live in this process. */
function faultOfOurs(error: unknown): Misbehaviour {
  return {
    code: 1011,
    detail: 'Streaming_internal_error',
    why: error instanceof Error ? error.message : String(error),
  };
}
