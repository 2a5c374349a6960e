import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '@intermix/testkit';

/** What the provider does when it is next to respond. */
export interface RealtimeReply {
  /** Of what it says; nothing without `ms`. */
  hz?: number;
  ms?: number;
  words?: string;
  /** How many times as fast as it is heard; all at once without. */
  speed?: number;
  /** Never stops. */
  endless?: boolean;
  /** What it calls then. */
  tool?: { name: string; arguments: object };
}

export interface RealtimeEvent {
  type: string;
  /** On the clock of `Date.now()`. */
  at: number;
  [field: string]: any;
}

interface RealtimeState {
  /** Client events but for audio, and `connected`, `speech`, `refused`, `closed`. */
  log: RealtimeEvent[];
  /** Milliseconds of audio that came, and the tone of the last that was loud. */
  heardMs: number;
  hz: number;
  /** Milliseconds of audio that were written, and octets of it that nobody has read, by connection. */
  sentMs: number;
  waiting: number[];
  open: number;
}

/** The process of a Realtime provider; each model is a stage of its own. */
export class RealtimeProcess {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #waiting = new Map<number, (answer: any) => void>();
  #asked = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
    child.on('message', ({ number, answer }: { number: number; answer: unknown }) => {
      this.#waiting.get(number)?.(answer);
      this.#waiting.delete(number);
    });
  }

  static async start(): Promise<RealtimeProcess> {
    const child = fork(fileURLToPath(new URL('./realtime-server.mjs', import.meta.url)), { execArgv: [] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new RealtimeProcess(child, port);
  }

  url(model: string): string {
    return `ws://127.0.0.1:${this.#port}/v1/realtime?model=${model}`;
  }

  plan(model: string, plan: { replies?: RealtimeReply[]; hears?: string[] }): Promise<void> {
    return this.#ask('plan', model, plan);
  }

  /** Cuts the connection without a word. */
  drop(model: string): Promise<void> {
    return this.#ask('drop', model);
  }

  chatter(model: string, count: number): Promise<void> {
    return this.#ask('chatter', model, { count });
  }

  look(model: string): Promise<RealtimeState> {
    return this.#ask('look', model);
  }

  /** Waits for the nth event of a kind, the first unless told otherwise. */
  async event(model: string, type: string, nth = 0): Promise<RealtimeEvent> {
    const look = async () => (await this.look(model)).log.filter((event) => event.type === type)[nth];
    return eventually(look, { timeoutMs: 15_000, everyMs: 20, message: `${type} no. ${nth} at the provider` });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #ask(ask: string, model: string, more: object = {}): Promise<any> {
    const number = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      this.#child.send({ number, ask, model, ...more });
    });
  }
}
