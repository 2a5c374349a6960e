import type { BotCapacity } from '@intermix/bots';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What the bots' parts count of themselves, by why. */
export interface BotCounts {
  /** Upgrades of `/exotel/{bot_id}` that were refused, by status. */
  refused: ReadonlyMap<number, number>;
  /** Connections that never became a call. */
  neverStarted: ReadonlyMap<string, number>;
  /** Calls that are over, by `disconnected_by`. */
  ended: ReadonlyMap<string, number>;
  capacity: BotCapacity;
}

/** What an operator watches of bots: how full they are, whom they refuse, and how their calls end. */
export function meterBots(registers: [Registry], { refused, neverStarted, ended, capacity }: BotCounts): void {
  const total = <Label extends string>(
    name: string,
    help: string,
    label: Label,
    counts: ReadonlyMap<number | string, number>,
  ) =>
    new Counter<Label>({
      ...{ name, help, registers, labelNames: [label] },
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc({ [label]: String(value) } as Record<Label, string>, count);
      },
    });
  total('intermix_bot_connections_refused_total', 'Upgrades of /exotel/ that were refused', 'status', refused);
  total(
    'intermix_bot_connections_never_started_total',
    'Connections to bots that were let in and never became a call',
    'why',
    neverStarted,
  );
  total('intermix_bot_calls_ended_total', 'Calls of bots that ended', 'by', ended);
  const sum = (figure: 'calls' | 'max') =>
    capacity.workers().reduce((all, worker) => all + ('pid' in worker ? worker[figure] : 0), 0);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  gauge('intermix_bot_sessions', 'Connections to bots that are let in now', () => sum('calls'));
  gauge('intermix_bot_sessions_max', 'As many as there may be; 0 while the process of the bots starts', () =>
    sum('max'),
  );
}
