import type { CallRecord } from '@intermix/calls';
import { FakeClock } from '@intermix/testkit';
import { parseFlow } from '../check/check-flow.js';
import type { MessageTaker, TakenMessage } from '../ports/messages.js';
import type { PromptWish } from '../ports/prompts.js';
import type { StreamRequest, StreamResult } from '../ports/streams.js';
import { FlowProgram } from '../run/flow-program.js';
import { FakeCallControl } from './fake-call-control.js';

export const streamEnd: StreamResult = {
  status: 'completed',
  disconnectedBy: 'bot',
  durationSec: 42.4,
  streamUrl: 'wss://bot.example/media',
  streamSid: 'str1',
};

/** A stream that was opened: the test ends it. */
export interface TestStream {
  request: StreamRequest;
  end(result?: Partial<StreamResult>): void;
  stopped: boolean;
}

/** A flow's program, its call, and a world that answers as the test says. */
export class FlowBench {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1, 4, 1, 0));
  readonly control: FakeCallControl;
  readonly streams: TestStream[] = [];
  readonly requests: Array<{ url: string; headers?: Readonly<Record<string, string>> | undefined }> = [];
  readonly prompts: PromptWish[] = [];
  /** What URLs answer; undefined: nobody does. */
  reply: (url: string) => { status: number; body?: string } | undefined = () => ({ status: 200 });
  message: { stopped: boolean; end(result: Partial<TakenMessage>): void } | undefined;
  failPrompts = false;
  failStreams = false;
  recordingUrl: string | undefined;
  users: Record<string, { appId: string; userId: string }> = {};
  trunks: string[] = [];

  constructor(changes: Partial<CallRecord> = {}) {
    this.control = new FakeCallControl(changes);
  }

  /** What came of each applet: `menu timeout`. */
  get results(): string[] {
    return this.control.notes
      .filter(({ applet }) => applet !== undefined)
      .map(({ applet, result }) => `${applet} ${result}`);
  }

  run(applets: object, rest: object = {}): Promise<void> {
    const document = parseFlow({ name: 'Test', start: Object.keys(applets)[0], app_id: 'crm', applets, ...rest });
    return new FlowProgram({ id: '926', version: 1, document }, this.deps()).run(this.control);
  }

  /** What a program takes. */
  deps() {
    return {
      clock: this.clock,
      prompts: {
        fileFor: async (_: string, prompt: PromptWish) => {
          this.prompts.push(prompt);
          if (this.failPrompts) throw new Error('no voice is installed');
          return { path: `/prompts/${this.prompts.length}.wav`, durationMs: 1000 };
        },
      },
      openStream: async (_: unknown, request: StreamRequest) => this.#open(request),
      urls: {
        get: async (url: string, options: { headers?: Readonly<Record<string, string>> } = {}) => {
          this.requests.push({ url, headers: options.headers });
          const answer = this.reply(url);
          if (answer === undefined) throw new Error('backend.example did not answer within 10 s.');
          return { status: answer.status, body: Buffer.from(answer.body ?? '') };
        },
      },
      recordingUrlOf: () => this.recordingUrl,
      messages: { start: async () => this.#takeMessage() } satisfies MessageTaker,
      users: {
        findBySipName: async (_: string, name: string) => this.users[name],
        hasTrunk: async (_: string, carrierId: string) => this.trunks.includes(carrierId),
      },
    };
  }

  #open(request: StreamRequest) {
    if (this.failStreams) throw new Error('no media process');
    let finish: (end: StreamResult) => void = () => {};
    const ended = new Promise<StreamResult>((resolve) => {
      finish = resolve;
    });
    const stream: TestStream = {
      request,
      stopped: false,
      end: (result = {}) => finish({ ...streamEnd, streamUrl: request.url, ...result }),
    };
    this.streams.push(stream);
    const stop = () => {
      stream.stopped = true;
      stream.end({ disconnectedBy: 'NA' });
    };
    return { streamSid: `str${this.streams.length}`, ended, stop };
  }

  #takeMessage() {
    let finish: (message: TakenMessage) => void = () => {};
    const taken = new Promise<TakenMessage>((resolve) => {
      finish = resolve;
    });
    const message = {
      stopped: false,
      end: (result: Partial<TakenMessage>) =>
        finish({ recordingUrl: undefined, durationSec: 5, endedBy: 'stopped', ...result }),
    };
    this.message = message;
    const stop = () => {
      message.stopped = true;
      message.end({ recordingUrl: 'https://pbx.example/rec.mp3' });
    };
    return { taken, stop };
  }
}
