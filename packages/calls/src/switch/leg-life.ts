import type { Clock } from '@intermix/kernel';
import type { CallStatus, LegQuality, LegRecord, Termination } from '../ports/call-store.js';

type LifeRecord = Omit<LegRecord, 'legId' | 'callSid' | 'role' | 'kind' | 'party' | 'address' | 'sipCallId'>;

/** The dates and states of a leg, as its row has them. */
export class LegLife {
  readonly #clock: Clock;
  readonly #record: LifeRecord;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#record = {
      status: 'queued',
      createdAt: new Date(clock.now()),
      ...{ ringingAt: undefined, answeredAt: undefined, endedAt: undefined },
      ...{ termination: undefined, quality: undefined },
    };
  }

  get ended(): boolean {
    return this.#record.endedAt !== undefined;
  }

  record(): LifeRecord {
    return { ...this.#record };
  }

  /** True the first time. */
  ring(): boolean {
    if (this.#record.ringingAt || this.ended) return false;
    this.#record.ringingAt = this.#now();
    if (this.#record.status === 'queued') this.#record.status = 'ringing';
    return true;
  }

  answer(): void {
    this.#record.answeredAt ??= this.#now();
    this.#record.status = 'in-progress';
  }

  end(termination: Termination, status: CallStatus): void {
    Object.assign(this.#record, { endedAt: this.#now(), termination, status });
  }

  set quality(quality: LegQuality | undefined) {
    this.#record.quality = quality;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
