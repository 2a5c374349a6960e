import type { Clock } from '@intermix/kernel';
import type { CallStatus, LegQuality, LegRecord, Termination } from '../ports/call-store.js';

/** Who stands at the far end of a leg. */
export type LegIdentity = Pick<
  LegRecord,
  'legId' | 'callSid' | 'role' | 'kind' | 'party' | 'address' | 'userId' | 'device'
> & {
  /** App of the user. */
  appId: string | undefined;
};

/** The dates and states of a leg, as its row has them. */
export class LegLife {
  readonly #clock: Clock;
  readonly #createdAt: Date;
  #status: CallStatus = 'queued';
  #ringingAt: Date | undefined;
  #answeredAt: Date | undefined;
  #endedAt: Date | undefined;
  #termination: Termination | undefined;
  #quality: LegQuality | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#createdAt = this.#now();
  }

  get ended(): boolean {
    return this.#endedAt !== undefined;
  }

  set quality(quality: LegQuality | undefined) {
    this.#quality = quality;
  }

  /** True the first time. */
  ring(): boolean {
    if (this.#ringingAt || this.ended) return false;
    this.#ringingAt = this.#now();
    if (this.#status === 'queued') this.#status = 'ringing';
    return true;
  }

  answer(): void {
    this.#answeredAt ??= this.#now();
    this.#status = 'in-progress';
  }

  end(termination: Termination, status: CallStatus): void {
    this.#endedAt = this.#now();
    this.#termination = termination;
    this.#status = status;
  }

  /** Field by field: this runs some ten times in a call, and spreading objects is not cheap. */
  record(identity: LegIdentity, sipCallId: string | undefined): LegRecord {
    return {
      legId: identity.legId,
      callSid: identity.callSid,
      role: identity.role,
      kind: identity.kind,
      party: identity.party,
      address: identity.address,
      sipCallId,
      status: this.#status,
      createdAt: this.#createdAt,
      ringingAt: this.#ringingAt,
      answeredAt: this.#answeredAt,
      endedAt: this.#endedAt,
      termination: this.#termination,
      quality: this.#quality,
      userId: identity.userId,
      device: identity.device,
    };
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
