import type { Clock } from '@intermix/kernel';
import type { Notice } from '../ports/notice.js';
import type { AttemptOutcome, AttemptResult, ClaimedDelivery, ClaimRequest, Outbox } from '../ports/outbox.js';

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
  add(deliveryId: string, parts: { host?: string; callSid?: string } = {}): void {
    const { host = 'crm.example:443', callSid = deliveryId } = parts;
    const position = String(this.rows.length + 1);
    const ids = { position, deliveryId, eventId: `evt_${deliveryId}`, eventType: 'call_ringing', callSid, host };
    const rest = { accountSid: 'acct1', appId: 'app1', url: `https://${host}/`, body: '{"a":1}' };
    const claimed = { ...ids, ...rest, attempts: 0, claim: 0, lateMs: 0 };
    this.rows.push({ claimed, dueAt: this.#clock.now(), leasedUntil: 0, status: 'pending' });
  }

  async enqueue(_notices: readonly Notice[]): Promise<void> {}

  async claim({ limit, roomPerHost, roomOf }: ClaimRequest): Promise<ClaimedDelivery[]> {
    this.before('claim');
    const now = this.#clock.now();
    const room = new Map(roomOf);
    const taken: ClaimedDelivery[] = [];
    for (const row of this.rows) {
      const left = room.get(row.claimed.host) ?? roomPerHost;
      const isFree = row.status === 'pending' && row.dueAt <= now && row.leasedUntil <= now;
      if (!isFree || left <= 0 || taken.length === limit || this.#waits(row)) continue;
      room.set(row.claimed.host, left - 1);
      row.leasedUntil = now + 60_000;
      row.claimed = { ...row.claimed, claim: row.claimed.claim + 1, lateMs: now - row.dueAt };
      taken.push(row.claimed);
    }
    return taken;
  }

  async finish(result: AttemptResult): Promise<AttemptOutcome | undefined> {
    this.before('finish');
    const row = this.rows.find(({ claimed }) => claimed.position === result.claimed.position);
    if (!row || row.claimed.claim !== result.claimed.claim) return undefined;
    this.log.push(result);
    row.leasedUntil = 0;
    const delayMs = delaysMs[row.claimed.attempts];
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
    const { callSid, host, attempts } = row.claimed;
    if (attempts > 0) return false;
    return this.rows
      .slice(0, this.rows.indexOf(row))
      .some(
        ({ claimed, status }) =>
          status === 'pending' && claimed.attempts === 0 && claimed.callSid === callSid && claimed.host === host,
      );
  }
}
