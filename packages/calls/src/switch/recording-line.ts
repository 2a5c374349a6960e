import type { Clock, Logger } from '@intermix/kernel';
import type { ExtraHeaders, IncomingRequest, InviteSession, SipMessage, SipRequest } from '@intermix/sip';
import type { CallRecordingState, RecordingAnswer, RecordingOrder } from '../ports/recording-control.js';

const infoPackage = 'intermix-recording';
/** Orders of one leg within a second. */
const maxPerSec = 5;
const maxBodyOctets = 1_024;

const steps: readonly unknown[] = ['start', 'pause', 'resume', 'stop', 'status'] satisfies RecordingOrder['do'][];
const channels: readonly unknown[] = ['single', 'dual', undefined] satisfies RecordingOrder['channels'][];
const formats: readonly unknown[] = ['mp3', 'mp3-hq', 'wav', undefined] satisfies RecordingOrder['format'][];

export interface RecordingLineDeps {
  clock: Clock;
  logger: Logger;
  /** Carries an order out, and answers it once. */
  order: (order: RecordingOrder, answer: (answer: RecordingAnswer) => void) => void;
}

/**
 * What a device and we say of the call's recording, inside its dialog: the Info Package `intermix-recording`, RFC 6086. A 200
 * says that an INFO was understood; what became of it, the sender is told by an INFO of ours (section 4.2.2). Devices that do not
 * name the package in `Recv-Info` hear nothing.
 *
 *   device  {"id":1,"do":"start","channels":"dual"}  ──►
 *           ◄── {"state":"recording"}                       to each device of the call that knows the package
 *           ◄── {"id":1,"state":"recording"}, or {"id":1,"state":"off","problem":"not-allowed","detail":"…"}
 */
export class RecordingLine {
  /** Says in INVITE and 2xx that we take the package. */
  static readonly headers: ExtraHeaders = [['Recv-Info', infoPackage]];

  readonly #deps: RecordingLineDeps;
  #isWanted = false;
  #session: InviteSession | undefined;
  #state: CallRecordingState | undefined;
  #isHeldBack = false;
  #isPending = false;
  /** When the last orders came, milliseconds. */
  readonly #cameAt: number[] = [];

  constructor(deps: RecordingLineDeps) {
    this.#deps = deps;
  }

  /** Whether the device takes the package: `message` is its INVITE, or its 2xx. */
  learn(message: SipMessage): void {
    const names = message.headers.all('Recv-Info').flatMap((value) => value.split(','));
    this.#isWanted = names.some((name) => name.trim().toLowerCase() === infoPackage);
  }

  /** The dialog stands. */
  begin(session: InviteSession): void {
    this.#session = session;
    if (this.#state !== undefined) this.#send({ state: this.#state });
  }

  /** Tells the device how the recording stands; later, while it cannot be reached. */
  announce(state: CallRecordingState): void {
    this.#state = state;
    if (!this.#isHeldBack) this.#send({ state });
  }

  /** The device is away: a request now would find no dialog, which would be the call's end. */
  holdBack(): void {
    this.#isHeldBack = true;
  }

  /** It is back, or another page speaks for it: it is told how things stand. */
  release(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    if (this.#state !== undefined) this.#send({ state: this.#state });
  }

  /** Takes an INFO that names a package, ours or another one. */
  handle(info: IncomingRequest): void {
    const name = info.request.headers.get('Info-Package')?.split(';')[0]?.trim().toLowerCase();
    if (name === infoPackage) this.#take(info, readOrder(info.request));
    else refusePackage(info, RecordingLine.headers);
  }

  #take(info: IncomingRequest, order: (RecordingOrder & { id: number }) | undefined): void {
    if (!order) info.respond(400);
    else if (this.#isPending || !this.#isWithinRate()) info.respond(503, { headers: [['Retry-After', '1']] });
    else {
      info.respond(200);
      this.#carryOut(order);
    }
  }

  #carryOut({ id, ...order }: RecordingOrder & { id: number }): void {
    this.#isPending = true;
    this.#deps.order(order, (answer) => {
      this.#isPending = false;
      this.#send({ id, ...answer });
    });
  }

  #isWithinRate(): boolean {
    const now = this.#deps.clock.now();
    if (this.#cameAt.length === maxPerSec && now - (this.#cameAt[0] ?? 0) < 1_000) return false;
    if (this.#cameAt.push(now) > maxPerSec) this.#cameAt.shift();
    return true;
  }

  #send(told: RecordingAnswer & { id?: number }): void {
    const session = this.#session;
    if (!session || session.ended || session.flow.closed || !this.#isWanted) return;
    const headers: ExtraHeaders = [
      ['Info-Package', infoPackage],
      ['Content-Disposition', 'Info-Package'],
    ];
    const body = { type: 'application/json', content: JSON.stringify(told) };
    session.request('INFO', { headers, body }).catch((error: unknown) => {
      this.#deps.logger.debug({ err: error }, 'a device could not be told of the recording');
    });
  }
}

/** 469, with the packages that we take. RFC 6086 section 4.2.2. */
export function refusePackage(info: IncomingRequest, headers: ExtraHeaders = [['Recv-Info', '']]): void {
  info.respond(469, { reason: 'Bad Info Package', headers });
}

/** Undefined when it is none. */
function readOrder(request: SipRequest): (RecordingOrder & { id: number }) | undefined {
  if (request.contentType !== 'application/json' || request.body.length > maxBodyOctets) return undefined;
  try {
    const read = JSON.parse(request.bodyText) as Partial<RecordingOrder> & { id?: unknown };
    const { id, do: step, channels: how, format } = read;
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || !steps.includes(step)) return undefined;
    if (!channels.includes(how) || !formats.includes(format)) return undefined;
    return { id, do: step as RecordingOrder['do'], channels: how, format };
  } catch {
    return undefined;
  }
}
