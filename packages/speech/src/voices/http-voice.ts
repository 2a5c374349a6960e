import { createHash } from 'node:crypto';
import { type OutboundAnswer, type OutboundClient, OutboundError } from '@intermix/outbound';
import { SpeechError } from '../speech-error.js';
import type { TextToSpeech } from './text-to-speech.js';

export interface HttpVoiceOptions {
  /** Base of the API, such as `https://api.openai.com/v1`. The operator's own: it may lead to a private address. */
  url: string;
  /** Sent as a bearer token. Not logged, not kept. */
  key?: string | undefined;
  model: string;
  /** Default `alloy`. */
  voice?: string | undefined;
  /** Its limit of the answer's size holds: 2,000 characters are some 7 MB of WAV. */
  client: Pick<OutboundClient, 'post'>;
}

const maxReasonLength = 200;

/** Speaks through a provider with OpenAI's interface: `POST {base}/audio/speech`. */
export class HttpVoice implements TextToSpeech {
  readonly id: string;
  readonly defaultVoice: string;
  readonly #options: HttpVoiceOptions;

  constructor(options: HttpVoiceOptions) {
    this.#options = options;
    this.defaultVoice = options.voice ?? 'alloy';
    const place = createHash('sha256').update(options.url).digest('hex').slice(0, 16);
    this.id = `http:${place}:${options.model}`;
  }

  async speak(text: string, voice: string): Promise<Buffer> {
    const answer = await this.#ask(text, voice);
    if (answer.status !== 200) throw this.#refusal(answer, voice);
    if (answer.cutOff) throw new SpeechError('engine-failed', 'The provider of speech sent too much audio.', 'text');
    return answer.body;
  }

  async #ask(text: string, voice: string): Promise<OutboundAnswer> {
    const { url, key, model, client } = this.#options;
    const body = JSON.stringify({ model, voice, input: text, response_format: 'wav' });
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'audio/wav' };
    if (key !== undefined) headers.authorization = `Bearer ${key}`;
    try {
      return await client.post(`${url.replace(/\/+$/, '')}/audio/speech`, { headers, body });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      const sentence = `The provider of speech cannot be reached: ${error.message}`;
      throw new SpeechError('engine-failed', sentence, 'text', { cause: error });
    }
  }

  #refusal({ status, body }: OutboundAnswer, voice: string): SpeechError {
    const reason = this.#reasonIn(body);
    const tells = reason === undefined ? '' : `: ${reason}`;
    if ((status === 400 || status === 422) && reason !== undefined && /voice/i.test(reason))
      return new SpeechError(
        'unknown-voice',
        `The provider of speech refuses the voice ${JSON.stringify(voice.slice(0, 64))}${tells}`,
        'voice',
      );
    return new SpeechError('engine-failed', `The provider of speech answered ${status}${tells}`, 'text');
  }

  /** What the provider says went wrong, without the key, which some repeat. */
  #reasonIn(body: Buffer): string | undefined {
    try {
      const parsed = JSON.parse(body.toString('utf8')) as { error?: { message?: unknown } | string };
      const message = typeof parsed.error === 'string' ? parsed.error : parsed.error?.message;
      if (typeof message !== 'string') return undefined;
      const { key } = this.#options;
      const clean = (key ? message.replaceAll(key, '…') : message).replace(/\bsk-\S+/g, '…');
      return clean.replace(/\s+/g, ' ').slice(0, maxReasonLength);
    } catch {
      return undefined;
    }
  }
}
