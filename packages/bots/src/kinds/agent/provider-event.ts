/** Tokens that a response took, by name: `input_tokens`, `output_audio_tokens`, … */
export type TokenUsage = Readonly<Record<string, number>>;

/**
 * What the provider tells, in either of the Realtime API's spellings: `response.output_audio.delta`, and before it was generally
 * available `response.audio.delta`. What is not there is an empty text.
 */
export type ProviderEvent =
  | { type: 'ready' }
  | { type: 'speech-started'; itemId: string }
  | { type: 'speech-stopped' }
  | { type: 'caller-words'; itemId: string; text: string }
  /** The caller's words could not be written down: the model heard them all the same. */
  | { type: 'caller-words-failed'; why: string }
  | { type: 'response-started'; responseId: string }
  /** `audio`: 16 bit, 24 kHz, mono. */
  | { type: 'audio'; responseId: string; itemId: string; contentIndex: number; audio: Buffer }
  | { type: 'audio-done'; itemId: string }
  /** `isWhole`: all of the item's words; else some more. */
  | { type: 'words'; responseId: string; itemId: string; text: string; isWhole: boolean }
  | { type: 'tool-called'; callId: string; name: string; arguments: string }
  | { type: 'response-done'; responseId: string; usage: TokenUsage; failure: string | undefined }
  | { type: 'error'; code: string; message: string; eventId: string }
  | { type: 'other' };

type Json = Record<string, unknown>;

/** Reads a message of the provider's; `undefined` when it is no JSON object. Nothing in it is believed. */
export function readProviderEvent(message: string): ProviderEvent | undefined {
  const json = objectOf(message);
  if (json === undefined) return undefined;
  const name = textIn(json, 'type').replace(/^response\.(audio|audio_transcript)\./, 'response.output_$1.');
  return readers.get(name)?.(json) ?? { type: 'other' };
}

const readers = new Map<string, (json: Json) => ProviderEvent>(
  Object.entries({
    'session.updated': () => ({ type: 'ready' }),
    'input_audio_buffer.speech_started': (json) => ({ type: 'speech-started', itemId: textIn(json, 'item_id') }),
    'input_audio_buffer.speech_stopped': () => ({ type: 'speech-stopped' }),
    'conversation.item.input_audio_transcription.completed': (json) => ({
      ...{ type: 'caller-words', itemId: textIn(json, 'item_id'), text: textIn(json, 'transcript') },
    }),
    'conversation.item.input_audio_transcription.failed': (json) => {
      const error = within(json, 'error');
      return { type: 'caller-words-failed', why: textIn(error, 'message') || textIn(error, 'code') };
    },
    'response.created': (json) => ({ type: 'response-started', responseId: textIn(within(json, 'response'), 'id') }),
    'response.output_audio.delta': (json) => ({
      ...{ type: 'audio', ...placeOf(json), contentIndex: countIn(json, 'content_index') },
      audio: Buffer.from(textIn(json, 'delta'), 'base64'),
    }),
    'response.output_audio.done': (json) => ({ type: 'audio-done', itemId: textIn(json, 'item_id') }),
    'response.output_audio_transcript.delta': (json) => ({
      ...{ type: 'words', ...placeOf(json), text: textIn(json, 'delta'), isWhole: false },
    }),
    'response.output_audio_transcript.done': (json) => ({
      ...{ type: 'words', ...placeOf(json), text: textIn(json, 'transcript'), isWhole: true },
    }),
    // Older servers name the tool in the item alone, which follows: `tool-called` without a name is none yet.
    'response.function_call_arguments.done': (json) => toolCalled(json),
    'response.output_item.done': (json) => {
      const item = within(json, 'item');
      const isCall = textIn(item, 'type') === 'function_call' && textIn(item, 'status') !== 'incomplete';
      return isCall ? toolCalled(item) : { type: 'other' };
    },
    'response.done': (json) => responseDone(within(json, 'response')),
    error: (json) => {
      const error = within(json, 'error');
      const code = textIn(error, 'code') || textIn(error, 'type');
      return { type: 'error', code, message: textIn(error, 'message'), eventId: textIn(error, 'event_id') };
    },
  } satisfies Record<string, (json: Json) => ProviderEvent>),
);

function toolCalled(json: Json): ProviderEvent {
  const called = { callId: textIn(json, 'call_id'), name: textIn(json, 'name'), arguments: textIn(json, 'arguments') };
  return called.callId === '' || called.name === '' ? { type: 'other' } : { type: 'tool-called', ...called };
}

function responseDone(response: Json): ProviderEvent {
  const status = textIn(response, 'status');
  const error = within(within(response, 'status_details'), 'error');
  const failure =
    status === 'failed' ? textIn(error, 'message') || textIn(error, 'code') || 'It gave no reason.' : undefined;
  const usage = usageOf(within(response, 'usage'));
  return { type: 'response-done', responseId: textIn(response, 'id'), usage, failure };
}

function usageOf(usage: Json): TokenUsage {
  const [input, output] = [within(usage, 'input_token_details'), within(usage, 'output_token_details')];
  const all = {
    ...{ input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, cached_tokens: input.cached_tokens },
    ...{ input_audio_tokens: input.audio_tokens, output_audio_tokens: output.audio_tokens },
  };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, number] => isCount(pair[1]) && pair[1] > 0),
  );
}

function placeOf(json: Json): { responseId: string; itemId: string } {
  return { responseId: textIn(json, 'response_id'), itemId: textIn(json, 'item_id') };
}

function objectOf(message: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function within(json: Json, key: string): Json {
  const value = json[key];
  return isObject(value) ? value : {};
}

function textIn(json: Json, key: string): string {
  const value = json[key];
  return typeof value === 'string' ? value : '';
}

function countIn(json: Json, key: string): number {
  const value = json[key];
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
