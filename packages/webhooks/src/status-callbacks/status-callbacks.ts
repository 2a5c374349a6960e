import type { CallEventRecord } from '@intermix/calls';
import { hostPortOf } from '@intermix/outbound';
import type { KnownCall } from '../notices/happening.js';
import { stableId } from '../notices/make-notice.js';
import { laneOfAccount, type Notice } from '../ports/notice.js';
import type { ClosedCall } from '../ports/notified-call-store.js';
import type { Outbox } from '../ports/outbox.js';
import type {
  StatusCallbackEvent,
  StatusCallbackOrder,
  StatusCallbackOrders,
} from '../ports/status-callback-orders.js';
import { mayBeTriedAgain } from './another-try.js';
import { statusCallbackBody } from './status-callback-body.js';
import { statusCallbackFields } from './status-callback-fields.js';

/** Exotel waits 15 s for the answer, and tries twice more: after 5 and after 15 minutes. */
const timeoutMs = 15_000;
const retryDelaysMs = [300_000, 900_000];
/** Far more orders than a server has calls up; the oldest go. */
const maxOrders = 50_000;

export interface StatusCallbacksDeps {
  orders: StatusCallbackOrders;
  /** Where the call's recording is, or will be; undefined when it has none. */
  recordingUrlOf(callSid: string): string | undefined;
  outbox: Pick<Outbox, 'enqueue'>;
  /** Told when something that is to be delivered has been kept. */
  onQueued(): void;
}

/**
 * Makes what the caller of the Voice v1 API is told of the calls that it ordered. Which callbacks there were of a call need
 * not be remembered: each has an id of the call and its event, and one whose id is known is not kept a second time.
 */
export class StatusCallbacks {
  readonly #deps: StatusCallbacksDeps;
  readonly #orders = new Map<string, StatusCallbackOrder>();

  constructor(deps: StatusCallbacksDeps) {
    this.#deps = deps;
  }

  /** A call is about to be placed under this sid. */
  expect(callSid: string, order: StatusCallbackOrder): void {
    this.#orders.set(callSid, order);
    const oldest = this.#orders.keys().next();
    if (this.#orders.size > maxOrders && !oldest.done) this.#orders.delete(oldest.value);
  }

  /** It is over, or was never placed. */
  forget(callSid: string): void {
    this.#orders.delete(callSid);
  }

  has(callSid: string): boolean {
    return this.#orders.has(callSid);
  }

  ofStep(known: KnownCall, events: readonly CallEventRecord[]): Notice[] {
    const order = this.#orders.get(known.call.callSid);
    if (order === undefined) return [];
    const isLast = !order.triesLeft || !mayBeTriedAgain(known.call);
    return events.flatMap(({ type, at }) =>
      eventsOf(type, known, at)
        .filter(({ event }) => event !== 'terminal' || isLast)
        .flatMap((told) => this.#notice(known, order, told)),
    );
  }

  /** Of a call that was to be tried again, and is not. Resolves when it is kept; a second time adds nothing. */
  async tellEnd(known: KnownCall, order: StatusCallbackOrder): Promise<void> {
    const { endedAt, createdAt } = known.call;
    const notices = this.#notice(known, order, { event: 'terminal', at: endedAt ?? createdAt });
    if (notices.length === 0) return;
    await this.#deps.outbox.enqueue(notices);
    this.#deps.onQueued();
  }

  /** Of calls that a dead process left open. */
  async ofClosed(closed: readonly ClosedCall[], at: Date): Promise<Notice[]> {
    if (closed.length === 0) return [];
    const orders = await this.#deps.orders.findStatusCallbacks(closed.map(({ call }) => call.callSid));
    return closed.flatMap((known) => {
      const order = orders.get(known.call.callSid);
      return order === undefined ? [] : this.#notice(known, order, { event: 'terminal', at });
    });
  }

  #notice(known: KnownCall, order: StatusCallbackOrder, { event, at }: Told): Notice[] {
    const { url, events, contentType } = order.callback;
    const isWanted = events.length === 0 ? event === 'terminal' : events.includes(event);
    if (!isWanted) return [];
    const { callSid, accountSid } = known.call;
    const eventId = stableId('evt_', callSid, 'status-callback', event);
    const deliveryId = stableId('dlv_', eventId, url);
    const recordingUrl = this.#deps.recordingUrlOf(callSid);
    const fields = statusCallbackFields(known, { order, event, at, recordingUrl });
    const written = statusCallbackBody(fields, contentType, eventId);
    const manner = { contentType: written.contentType, timeoutMs, retryDelaysMs };
    const delivery = { deliveryId, url, host: hostPortOf(url) ?? 'unusable', body: written.body, manner };
    const appId = laneOfAccount(accountSid);
    return [
      { eventId, accountSid, appId, callSid, type: `status_callback.${event}`, at, payload: undefined, delivery },
    ];
  }
}

interface Told {
  event: StatusCallbackEvent;
  at: Date;
}

/** A step that could not be written is in the next one: an end that holds an answer tells of the answer first. */
function eventsOf(type: string, { call }: KnownCall, at: Date): Told[] {
  switch (type) {
    case 'leg-ringing':
      return [{ event: 'ringing', at }];
    case 'call-answered':
      return [{ event: 'answered', at }];
    case 'call-ended':
      return [
        ...(call.answeredAt ? [{ event: 'answered' as const, at: call.answeredAt }] : []),
        { event: 'terminal', at },
      ];
    default:
      return [];
  }
}
