import { VoiceError } from '../errors.js';
import type { Platform } from '../platform.js';

const TIMEOUT_MS = 15_000;

/** The envelope of the integrations API's CamelCase generation. */
export interface CamelEnvelope<T = unknown> {
  Status?: string;
  Code?: number;
  Error?: string;
  Data: T;
}

interface Asking {
  method?: 'GET' | 'POST';
  body?: unknown;
  /** What is asked for, as a person would say it. */
  what: string;
}

/** Exotel's integrations API as a page uses it: the token bare in `Authorization`. */
export class IntegrationsApi {
  readonly #platform: Pick<Platform, 'fetch' | 'clock'>;
  readonly #baseUrl: string;
  readonly #accessToken: string;

  constructor(deps: { platform: Pick<Platform, 'fetch' | 'clock'>; baseUrl: string; accessToken: string }) {
    this.#platform = deps.platform;
    this.#baseUrl = deps.baseUrl;
    this.#accessToken = deps.accessToken;
  }

  /** Rejects with VoiceError `api-failed`: its message and `status` are the server's. */
  async ask<T>(path: string, asking: Asking): Promise<CamelEnvelope<T>> {
    const { response, text } = await this.#send(path, asking);
    const answer = envelopeOf<T>(text);
    // Exotel tells some failures in the body alone, under a 200.
    const failed = !response.ok || (answer?.Code ?? 0) >= 400;
    if (!failed && answer) return answer;
    const status = failed && response.ok ? (answer?.Code ?? 0) : response.status;
    const reason = answer ? String(answer.Error || answer.Status || '') : 'the answer is no JSON';
    throw new VoiceError('api-failed', `${asking.what}: ${status}${reason && ` ${reason}`}`, { status });
  }

  async #send(path: string, asking: Asking): Promise<{ response: Response; text: string }> {
    const { method = 'GET', body, what } = asking;
    const abort = new AbortController();
    const timer = this.#platform.clock.schedule(TIMEOUT_MS, () => abort.abort());
    try {
      const response = await this.#platform.fetch(`${this.#baseUrl}/v2/integrations${path}`, {
        method,
        headers: {
          Authorization: this.#accessToken,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: abort.signal,
      });
      return { response, text: await response.text() };
    } catch (cause) {
      const why = abort.signal.aborted ? 'no answer in 15 s' : 'the server cannot be reached';
      throw new VoiceError('api-failed', `${what}: ${why}`, { cause });
    } finally {
      timer.cancel();
    }
  }
}

function envelopeOf<T>(text: string): CamelEnvelope<T> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return answer !== null && typeof answer === 'object' ? (answer as CamelEnvelope<T>) : undefined;
  } catch {
    return undefined;
  }
}
