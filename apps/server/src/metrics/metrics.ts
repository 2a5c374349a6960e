import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Figures that are read when somebody asks. */
export interface MetricSources {
  registeredBindings(): number;
  activeCalls(): number;
  activeLegs(): number;
  mediaLegs(): number;
  mediaProcesses(): number;
  sipTransactions(): number;
  sipFlows(): number;
  /** Total since the start. */
  sourcesRefused(): number;
  /** Total since the start. */
  carrierGuesses(): number;
  /** Total since the start. */
  registrationsRefused(): number;
}

/** The server's Prometheus registry: process figures, event-loop delay, and ours. */
export class Metrics {
  readonly #registry = new Registry();
  readonly callsEnded: Counter<'direction' | 'result'>;
  readonly sipDropped: Counter<'why'>;
  readonly mediaProcessesLost: Counter;

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    gauge('intermix_sip_bindings', 'Contacts registered now', sources.registeredBindings);
    gauge('intermix_calls_active', 'Calls that are ringing or talking', sources.activeCalls);
    gauge('intermix_legs_active', 'Legs of these calls', sources.activeLegs);
    gauge('intermix_media_legs', 'Media endpoints in the media processes', sources.mediaLegs);
    gauge('intermix_media_processes', 'Media processes that are up', sources.mediaProcesses);
    gauge('intermix_sip_transactions', 'SIP transactions that are open', sources.sipTransactions);
    gauge('intermix_sip_flows', 'SIP connections and UDP peers', sources.sipFlows);
    const total = (name: string, help: string, read: () => number) => {
      const counter: Counter = new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
      return counter;
    };
    total('intermix_sip_sources_refused_total', 'Requests from no carrier of ours', sources.sourcesRefused);
    total('intermix_carrier_guesses_total', 'Wrong passwords for calls of carriers', sources.carrierGuesses);
    total('intermix_registrations_refused_total', 'REGISTERs refused', sources.registrationsRefused);
    this.callsEnded = new Counter({
      name: 'intermix_calls_ended_total',
      help: 'Calls that ended',
      labelNames: ['direction', 'result'],
      registers,
    });
    this.sipDropped = new Counter({
      name: 'intermix_sip_dropped_total',
      help: 'SIP messages refused or thrown away before they reached a call',
      labelNames: ['why'],
      registers,
    });
    this.mediaProcessesLost = new Counter({
      name: 'intermix_media_processes_lost_total',
      help: 'Media processes that died and were restarted',
      registers,
    });
  }

  /** For figures of a part that brings its own. */
  get registers(): [Registry] {
    return [this.#registry];
  }

  async text(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
