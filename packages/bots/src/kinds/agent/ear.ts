import { createResampler, type Resampler } from '@intermix/streaming/media-child';
import type { BotSession } from '../../session/bot.js';
import { providerRateHz } from './provider-request.js';

/** Of what the caller said while there was no provider: the last three seconds. */
const maxKeptSamples = 3 * providerRateHz;

/** What the caller says, on its way to the provider; the last of it is kept while there is none. */
export class Ear {
  readonly #resampler: Resampler;
  readonly #send: (samples: Int16Array) => void;
  #kept: Int16Array[] = [];
  #keptSamples = 0;

  /** `send`: 24 kHz. */
  constructor(deps: { session: BotSession; send: (samples: Int16Array) => void }) {
    this.#resampler = createResampler(deps.session.facts.sampleRate, providerRateHz);
    this.#send = deps.send;
  }

  hear(samples: Int16Array, isHeardNow: boolean): void {
    const converted = this.#resampler.push(samples);
    if (converted.length === 0) return;
    if (isHeardNow) this.#send(converted);
    else this.#keep(converted);
  }

  /** There is a provider: it hears what was kept. */
  flush(): void {
    const kept = this.#kept;
    this.#kept = [];
    this.#keptSamples = 0;
    for (const samples of kept) this.#send(samples);
  }

  close(): void {
    this.#resampler.close();
  }

  #keep(samples: Int16Array): void {
    this.#kept.push(samples);
    this.#keptSamples += samples.length;
    while (this.#keptSamples > maxKeptSamples) this.#keptSamples -= this.#kept.shift()?.length ?? this.#keptSamples;
  }
}
