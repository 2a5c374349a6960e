import Type from 'typebox';
import { readConfig } from '../config/read-config.js';
import type { Bot, BotKind, BotSession } from '../session/bot.js';

const EchoConfig = Type.Object(
  {
    delay_ms: Type.Integer({ minimum: 0, maximum: 10_000, default: 0, description: 'how much later it says it back' }),
  },
  { additionalProperties: false },
);

export interface EchoConfig {
  delay_ms: number;
}

/** Exotel's cloud wants messages of 3,200 octets at least; its own frames at 8 kHz have half of that. */
const leastSamples = 1_600;

/** Says back what it hears. For trials of a line, and the smallest example of a kind. */
export const echo: BotKind<EchoConfig> = {
  name: 'echo',
  parse: (config) => readConfig(EchoConfig, config) as EchoConfig,
  start: (config, session) => new EchoBot(config, session),
};

class EchoBot implements Bot {
  readonly #session: BotSession;
  #heard: Int16Array[] = [];
  #samples = 0;

  constructor({ delay_ms: delayMs }: EchoConfig, session: BotSession) {
    this.#session = session;
    // The far end plays in order: what it is behind with is the delay, and no timer is needed.
    if (delayMs > 0) session.say(new Int16Array(Math.round((session.facts.sampleRate * delayMs) / 1000)));
  }

  handleAudio(samples: Int16Array): void {
    this.#heard.push(samples);
    this.#samples += samples.length;
    if (this.#samples < leastSamples) return;
    for (const piece of this.#heard.splice(0)) this.#session.say(piece);
    this.#samples = 0;
  }

  handleDtmf(digit: string): void {
    this.#session.note('dtmf', { digit });
  }

  close(): void {
    // It holds nothing.
  }
}
