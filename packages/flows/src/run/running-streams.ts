import type { CallControl } from '@intermix/calls';
import type { OpenStream, StreamOpener, StreamRequest, StreamResult } from '../ports/streams.js';

/** Streams that one call may have in the background. */
const maxStreams = 5;

/** The streams of one call: the one that it waits for, and those beside it. */
export class RunningStreams {
  readonly #open: StreamOpener;
  readonly #control: CallControl;
  readonly #named = new Map<string, OpenStream>();

  constructor(open: StreamOpener, control: CallControl) {
    this.#open = open;
    this.#control = control;
  }

  /** Until the bot, the caller or the limit ends it. */
  async converse(request: Omit<StreamRequest, 'mode'>): Promise<StreamResult> {
    const stream = await this.#openOne({ ...request, mode: 'bidirectional' });
    return stream.ended;
  }

  /** One of the same name is stopped before. Gives the sid. */
  async start(name: string, request: Omit<StreamRequest, 'mode'>): Promise<string> {
    await this.#end(this.#named.get(name));
    if (this.#named.size >= maxStreams) throw new Error(`The call has ${maxStreams} streams already.`);
    const stream = await this.#openOne({ ...request, mode: 'one-way' });
    this.#named.set(name, stream);
    void stream.ended.then(() => {
      if (this.#named.get(name) === stream) this.#named.delete(name);
    });
    return stream.streamSid;
  }

  /** Without a name, the last that was started. */
  async stop(name: string): Promise<StreamResult | undefined> {
    return this.#end(this.#named.get(name) ?? (name === '' ? [...this.#named.values()].at(-1) : undefined));
  }

  async #end(stream: OpenStream | undefined): Promise<StreamResult | undefined> {
    stream?.stop();
    return stream?.ended;
  }

  #openOne(request: StreamRequest): Promise<OpenStream> {
    const control = this.#control;
    return this.#open((kind, spec) => control.attach(kind, spec), {
      ...request,
      onDigit: (listener) => control.onDigit(listener),
    });
  }
}
