import { join } from 'node:path';
import { type Clock, type Logger, systemRandom } from '@intermix/kernel';
import { OutboundClient } from '@intermix/outbound';
import { EspeakNg, findEspeakNg, HttpVoice, openSpeech, type Speech, type TextToSpeech } from '@intermix/speech';
import type { Store } from '@intermix/store';
import type { Config } from './config/settings.js';
import { StartError } from './start-error.js';

export interface SpeechSideOptions {
  store: Store;
  dataDir: string;
  /** Whether customers' URLs may name private addresses. */
  allowPrivate: boolean;
  config: Pick<Config, 'ttsEngine' | 'ttsUrl' | 'ttsKey' | 'ttsModel' | 'ttsVoice'>;
  clock: Clock;
  logger: Logger;
}

/** A provider speaks 2,000 characters in some seconds, and sends 7 MB. A caller waits in silence meanwhile. */
const providerTimeoutMs = 30_000;
const providerAnswerBytes = 32 * 1024 * 1024;

/** Joins prompts and spoken texts to the store, the data folder and the clients that open URLs. */
export function speechSide(options: SpeechSideOptions): Speech {
  const { store, dataDir, allowPrivate, clock, logger } = options;
  const customers = new OutboundClient({ clock, allowPrivate });
  // The operator's own URL may lead into the operator's own network.
  const provider = new OutboundClient({
    ...{ clock, allowPrivate: true, timeoutMs: providerTimeoutMs, maxAnswerBytes: providerAnswerBytes },
  });
  const engine = engineOf(options, provider);
  logger.info({ engine: engine?.id ?? 'none' }, 'speech: what speaks texts');
  const speech = openSpeech({
    ...{ folder: join(dataDir, 'prompts'), directory: store.prompts, reader: customers, engine },
    ...{ clock, random: systemRandom, logger },
  });
  return {
    ...speech,
    async stop() {
      await Promise.all([customers.close(), provider.close()]);
      await speech.stop();
    },
  };
}

/** `auto`: the provider when its URL is set, else the program when it is installed, else none. */
function engineOf({ config, clock }: SpeechSideOptions, client: OutboundClient): TextToSpeech | undefined {
  const { ttsEngine, ttsUrl: url, ttsKey: key, ttsModel: model, ttsVoice: voice } = config;
  if (ttsEngine === 'off') return undefined;
  if (url !== undefined && ttsEngine !== 'espeak-ng') return new HttpVoice({ url, key, model, voice, client });
  const program = findEspeakNg();
  if (program !== undefined) return new EspeakNg({ program, clock, voice });
  if (ttsEngine === 'espeak-ng') throw StartError.missingProgram('INTERMIX_TTS_ENGINE', 'espeak-ng');
  return undefined;
}
