import type { Notice } from '../ports/notice.js';
import { MemoryOutbox } from './memory-outbox.js';

/** Remembers what was enqueued; as the real one, it passes over events and deliveries whose id is known. */
export class KeepingOutbox extends MemoryOutbox {
  readonly kept = new Map<string, Notice>();
  /** Deliveries that were added, in order. */
  readonly deliveryIds = new Set<string>();
  failing = false;

  override async enqueue(notices: readonly Notice[]): Promise<void> {
    if (this.failing) throw new Error('the database is away');
    for (const notice of notices) {
      if (!this.kept.has(notice.eventId)) this.kept.set(notice.eventId, notice);
      if (notice.delivery) this.deliveryIds.add(notice.delivery.deliveryId);
    }
  }

  /** Types of the events whose deliveries were added, in order. */
  types(): string[] {
    return [...this.kept.values()].filter(({ delivery }) => delivery).map(({ type }) => type);
  }
}
