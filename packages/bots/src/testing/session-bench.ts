import { silentLogger, systemRandom } from '@intermix/kernel';
import { octetsOf, PlatformMessageWriter, readBotMessage } from '@intermix/streaming';
import { FakeClock } from '@intermix/testkit';
import type { NeverStarted, SessionOrder, SessionReport } from '../host/session-order.js';
import type { BotCallFacts, BotKind, BotOutside, BotPrompt } from '../session/bot.js';
import { LiveSession } from '../session/live-session.js';
import { usualLimits } from '../session/session-limits.js';
import { BacklogSpace } from '../session/speech-backlog.js';

/** A session of one kind of bot under a clock that stands, and the far end's hand on it. */
export class SessionBench {
  readonly clock = new FakeClock();
  readonly writer = new PlatformMessageWriter('stream-1');
  readonly session: LiveSession;
  /** What the bot sent. */
  readonly sent: ReturnType<typeof readBotMessage>[] = [];
  closedWith: { code: number; reason: string } | undefined;
  facts: BotCallFacts | undefined;
  report: SessionReport | undefined;
  neverStarted: NeverStarted | undefined;
  /** How often its end was told: once, and last. */
  overs = 0;
  bufferedBytes = 0;
  /** Looks at what the bot sends, as it does. */
  onSend: ((message: ReturnType<typeof readBotMessage>) => void) | undefined;
  #chunk = 0;

  constructor(options: {
    kind: BotKind<never>;
    config?: unknown;
    order?: Partial<SessionOrder>;
    outside?: Partial<BotOutside>;
    render?: (prompt: BotPrompt) => Promise<Int16Array>;
    space?: BacklogSpace;
  }) {
    const { kind, config } = options;
    const bench = this;
    this.session = new LiveSession({
      order: {
        ...{ sessionId: 'bcl_1', ticket: 't', verdict: 'run', maxCallMs: 600_000, hops: 0, isAnonymous: true },
        bot: { botId: 'bot_1', accountSid: 'acc', kind: kind.name, config: kind.parse(config ?? {}) },
        ...options.order,
      },
      kind,
      socket: {
        get bufferedBytes() {
          return bench.bufferedBytes;
        },
        send: (text) => {
          const message = readBotMessage(text);
          bench.sent.push(message);
          bench.onSend?.(message);
        },
        close: (code, reason) => {
          bench.closedWith ??= { code, reason };
        },
      },
      outside: { ...options.outside } as BotOutside,
      render: (_, prompt) => options.render?.(prompt) ?? Promise.reject(new Error('nothing to say')),
      space: options.space ?? new BacklogSpace(100_000_000),
      ...{ limits: usualLimits, clock: this.clock, random: systemRandom, logger: silentLogger },
      started: (facts) => {
        this.facts = facts;
      },
      over: (end) => {
        this.overs++;
        if ('report' in end) this.report = end.report;
        else this.neverStarted = end.neverStarted;
      },
    });
  }

  start(more: { sampleRate?: number; customParameters?: Record<string, string> } = {}): this {
    this.session.handleMessage(this.writer.connected());
    this.session.handleMessage(
      this.writer.start({
        ...{ streamSid: 'stream-1', callSid: 'call-1', accountSid: 'acc', from: '+919876543210', to: '+918047110001' },
        ...{ customParameters: {}, sampleRate: 8000, ...more },
      }),
    );
    return this;
  }

  /** The caller speaks for 100 ms, at a constant level. `queue`: what the far end tells of it, if it does. */
  hear(level = 1_000, samples = 800, queue?: { queueMs: number; playedMs: number }): void {
    const audio = octetsOf(new Int16Array(samples).fill(level));
    const place = { chunk: ++this.#chunk, timestampMs: this.#chunk * 100 };
    this.session.handleMessage(this.writer.media({ ...place, audio, ...(queue && { queue }) }));
  }

  press(digit: string): void {
    this.session.handleMessage(this.writer.dtmf(digit, 100));
  }

  mark(name: string, queue?: { queueMs: number; playedMs: number }): void {
    this.session.handleMessage(this.writer.mark(name, queue));
  }

  stop(reason = 'callended'): void {
    this.session.handleMessage(this.writer.stop({ callSid: 'call-1', accountSid: 'acc', reason }));
  }

  /** Samples of everything that was said. */
  get said(): number[] {
    return this.sent.flatMap((message) =>
      message.event === 'media'
        ? Array.from({ length: message.audio.length / 2 }, (_, index) => message.audio.readInt16LE(index * 2))
        : [],
    );
  }

  events(): string[] {
    return this.sent.map((message) => (message.event === 'mark' ? `mark ${message.name}` : message.event));
  }
}
