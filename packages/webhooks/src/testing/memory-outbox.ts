import type { Clock } from '@intermix/kernel';
import type { DeliveryManner, Notice } from '../ports/notice.js';
import {
  type AttemptOutcome,
  type AttemptResult,
  type ClaimedDelivery,
  type ClaimRequest,
  laneKey,
  type Outbox,
} from '../ports/outbox.js';

interface Row {
  claimed: ClaimedDelivery;
  dueAt: number;
  leasedUntil: number;
  status: AttemptOutcome['status'];
}

const delaysMs = [5_000, 30_000, 300_000];

/** An outbox in memory, by the rules of the real one: order within a call, room of hosts, leases, the ladder. */
export class MemoryOutbox implements Outbox {
  readonly rows: Row[] = [];
  readonly log: AttemptResult[] = [];
  readonly #clock: Clock;
  /** Called before each claim and finish; throw in it to take the database away. */
  before: (what: 'claim' | 'finish') => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A row that is due now. */
  add(
    deliveryId: string,
    parts: { host?: string; callSid?: string; appId?: string; path?: string; manner?: DeliveryManner } = {},
  ): void {
    const { host = 'crm.example:443', callSid = deliveryId, appId = 'app1', path = '/', manner } = parts;
    const position = String(this.rows.length + 1);
    const ids = { position, deliveryId, eventId: `evt_${deliveryId}`, eventType: 'call_ringing', callSid, host };
    const rest = { accountSid: 'acct1', appId, url: `https://${host}${path}`, body: '{"a":1}', manner };
    const claimed = { ...ids, ...rest, attempts: 0, claim: 0, lateMs: 0 };
    this.rows.push({ claimed, dueAt: this.#clock.now(), leasedUntil: 0, status: 'pending' });
  }

  async enqueue(_notices: readonly Notice[]): Promise<void> {}

  async claim(request: ClaimRequest): Promise<ClaimedDelivery[]> {
    this.before('claim');
    const now = this.#clock.now();
    const left = new Map<string, number>();
    const take = (key: string, room: number) => {
      const some = left.get(key) ?? room;
      left.set(key, some - 1);
      return some > 0;
    };
    const taken: Row[] = [];
    const isFree = (row: Row) => row.status === 'pending' && row.dueAt <= now && row.leasedUntil <= now;
    const free = this.rows.filter((row) => isFree(row) && !this.#waits(row));
    const lane = ({ claimed }: Row) => laneKey(claimed.host, claimed.appId);
    const roomOf = (row: Row) => request.lanes.get(lane(row)) ?? { room: request.roomPerLane, isSick: false, rank: 0 };
    const ofLanes = free.filter((row) => take(lane(row), roomOf(row).room));
    const nth = (row: Row) => ofLanes.filter((other) => lane(other) === lane(row)).indexOf(row);
    const ranked = ofLanes.map((row) => ({ row, isSick: roomOf(row).isSick, rank: roomOf(row).rank + nth(row) }));
    for (const { row, isSick } of ranked.sort((one, other) => one.rank - other.rank)) {
      const { host } = row.claimed;
      const hostRoom = request.hosts.get(host) ?? request.roomPerHost;
      if (!take(`${isSick} ${host}`, isSick ? hostRoom.sick : hostRoom.well)) continue;
      if (!isSick || take('all sick', request.sickRoom)) taken.push(row);
    }
    return taken.slice(0, request.limit).map((row) => {
      row.leasedUntil = now + 60_000;
      row.claimed = { ...row.claimed, claim: row.claimed.claim + 1, lateMs: now - row.dueAt };
      return row.claimed;
    });
  }

  async finish(result: AttemptResult): Promise<AttemptOutcome | undefined> {
    this.before('finish');
    const row = this.rows.find(({ claimed }) => claimed.position === result.claimed.position);
    if (!row || row.claimed.claim !== result.claimed.claim) return undefined;
    if (row.status !== 'pending') return { status: 'over', nextInMs: undefined };
    this.log.push(result);
    row.leasedUntil = 0;
    const ladder = row.claimed.manner?.retryDelaysMs ?? delaysMs;
    const delayMs = result.isFinal ? undefined : ladder[row.claimed.attempts];
    row.claimed = { ...row.claimed, attempts: row.claimed.attempts + 1 };
    row.status = result.delivered ? 'delivered' : delayMs === undefined ? 'dropped' : 'pending';
    if (row.status !== 'pending' || delayMs === undefined) return { status: row.status, nextInMs: undefined };
    row.dueAt = this.#clock.now() + delayMs;
    return { status: 'pending', nextInMs: delayMs };
  }

  async release(claimed: readonly ClaimedDelivery[]): Promise<void> {
    for (const { position, claim } of claimed)
      for (const row of this.rows)
        if (row.claimed.position === position && row.claimed.claim === claim) row.leasedUntil = 0;
  }

  async releaseAll(): Promise<void> {
    for (const row of this.rows) row.leasedUntil = 0;
  }

  async backlog(): Promise<{ due: number; oldestDueSec: number; waiting: number }> {
    return { due: 0, oldestDueSec: 0, waiting: 0 };
  }

  async prune(): Promise<number> {
    return 0;
  }

  status(deliveryId: string): AttemptOutcome['status'] | undefined {
    return this.rows.find(({ claimed }) => claimed.deliveryId === deliveryId)?.status;
  }

  #waits(row: Row): boolean {
    const { callSid, host, appId, attempts } = row.claimed;
    if (attempts > 0) return false;
    return this.rows
      .slice(0, this.rows.indexOf(row))
      .some(
        ({ claimed, status }) =>
          status === 'pending' &&
          claimed.attempts === 0 &&
          claimed.callSid === callSid &&
          claimed.host === host &&
          claimed.appId === appId,
      );
  }
}
