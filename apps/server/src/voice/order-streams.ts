import type { OrderedStream } from '@intermix/api';
import type { CallMedia, CallRecord, SwitchEvents } from '@intermix/calls';
import type { StreamOpener } from '@intermix/flows';
import type { Logger } from '@intermix/kernel';

type Told = 'legAnswered' | 'answered' | 'ended';

export interface OrderStreamsDeps {
  switch: {
    on<E extends Told>(event: E, listener: (...args: SwitchEvents[E]) => void): () => void;
    mediaOf(callSid: string): CallMedia | undefined;
  };
  openStream: StreamOpener;
  logger: Logger;
}

/** Streams that orders between two parties ask for: both tracks, one way, from one party's answer on. They change nothing in the call. */
export class OrderStreams {
  readonly #deps: OrderStreamsDeps;
  readonly #waiting = new Map<string, OrderedStream>();

  constructor(deps: OrderStreamsDeps) {
    this.#deps = deps;
    deps.switch.on('legAnswered', (call) => this.#begin(call, 'leg1'));
    deps.switch.on('answered', (call) => this.#begin(call, 'leg2'));
    deps.switch.on('ended', ({ callSid }) => this.forget(callSid));
  }

  /** A call is about to be placed under this sid. */
  expect(callSid: string, stream: OrderedStream): void {
    this.#waiting.set(callSid, stream);
  }

  /** It was not placed, or is over. */
  forget(callSid: string): void {
    this.#waiting.delete(callSid);
  }

  #begin(call: CallRecord, answered: OrderedStream['begin']): void {
    const stream = this.#waiting.get(call.callSid);
    if (stream?.begin !== answered) return;
    this.forget(call.callSid);
    void this.#stream(call, stream);
  }

  async #stream(call: CallRecord, { url, name }: OrderedStream): Promise<void> {
    const { callSid, accountSid, from, to } = call;
    const logger = this.#deps.logger.child({ callSid });
    const leg = this.#deps.switch.mediaOf(callSid)?.leg;
    if (leg === undefined) return;
    try {
      const parameters = { CallSid: callSid, CallFrom: from, CallTo: to, Direction: 'outbound-dial' };
      const { streamSid, ended } = await this.#deps.openStream((kind, spec) => leg.attach(kind, spec), {
        ...{ url, mode: 'one-way', tracks: 'both', callSid, accountSid, from, to },
        callParameters: { ...parameters, ...(name !== undefined && { StreamName: name }) },
      });
      const { status, durationSec, error } = await ended;
      logger.info({ streamSid, name, status, durationSec, error }, 'stream of an ordered call ended');
    } catch (error) {
      logger.warn({ err: error }, 'stream of an ordered call could not be opened');
    }
  }
}
