import type { Dispatcher, LateNotices, Outbox } from '@intermix/webhooks';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What an operator watches of webhooks: the queue, attempts by result, and how long receivers take. */
export function meterWebhooks(
  registers: [Registry],
  { dispatcher, late }: { dispatcher: Dispatcher; late: LateNotices },
  outbox: Outbox,
): void {
  const due = new Gauge({ name: 'intermix_webhooks_due', help: 'Deliveries that are due', registers });
  const oldest = new Gauge({
    name: 'intermix_webhooks_oldest_due_seconds',
    help: 'For how long the oldest of them has been due',
    registers,
  });
  new Gauge({
    name: 'intermix_webhooks_waiting',
    help: 'Deliveries that wait for a retry',
    registers,
    async collect() {
      const backlog = await outbox.backlog().catch(() => undefined); // The database is away: the figures stay as they were.
      if (!backlog) return;
      due.set(backlog.due);
      oldest.set(backlog.oldestDueSec);
      this.set(backlog.waiting);
    },
  });
  new Gauge({
    name: 'intermix_webhooks_running',
    help: 'Attempts under way',
    registers,
    collect() {
      this.set(dispatcher.running);
    },
  });
  new Gauge({
    name: 'intermix_webhooks_unsettled',
    help: 'Steps of calls that wait for the settings of their app, which could not be read in time',
    registers,
    collect() {
      this.set(late.waiting);
    },
  });
  new Counter({
    name: 'intermix_webhooks_lost_total',
    help: 'Steps of calls that nobody was told of, since the settings of their app could not be read for ten minutes',
    registers,
    collect() {
      this.reset();
      this.inc(late.lost);
    },
  });
  const attempts = new Counter({
    name: 'intermix_webhook_attempts_total',
    help: 'Attempts, by result: delivered, failed (it is tried again), dropped (it was the last)',
    labelNames: ['result'],
    registers,
  });
  const latency = new Histogram({
    name: 'intermix_webhook_latency_seconds',
    help: 'How long receivers took',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const wait = new Histogram({
    name: 'intermix_webhook_wait_seconds',
    help: 'From the event to the beginning of its first attempt',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  });
  dispatcher.on('attempted', ({ result, latencyMs, lateMs, isFirst }) => {
    attempts.inc({ result });
    latency.observe(latencyMs / 1000);
    if (isFirst) wait.observe(Math.max(0, lateMs) / 1000);
  });
}
