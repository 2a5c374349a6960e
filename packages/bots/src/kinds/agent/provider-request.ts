import { octetsOf } from '@intermix/streaming';
import { type AgentConfig, type AgentTool, endCallTool, transferTool } from './agent-config.js';

/** Of audio at the provider's, both ways. */
export const providerRateHz = 24_000;
/** By it a refusal of the settings is known. */
export const settingsEventId = 'intermix-settings';

/** A line of what was talked about. */
export interface TalkLine {
  role: 'user' | 'assistant' | 'system';
  text: string;
}

/** What is told to the provider: client events of the Realtime API, in the configuration's dialect. */
export function providerRequests(config: AgentConfig) {
  const { instructions } = config;
  return {
    settings: () => ({
      ...{ type: 'session.update', event_id: settingsEventId },
      session: config.dialect === 'ga' ? settings(config) : betaSettings(config),
    }),
    audio: (samples: Int16Array) =>
      ({ type: 'input_audio_buffer.append', audio: octetsOf(samples).toString('base64') }) as const,
    /** `directive`: what this one response is to do, beside what the instructions say. */
    respond: (directive?: string) => ({
      type: 'response.create',
      ...(directive && { response: { instructions: `${instructions}\n\n${directive}`.trim() } }),
    }),
    cancel: () => ({ type: 'response.cancel' }),
    /** The caller heard so much of an item: what follows was never said. */
    truncate: (itemId: string, contentIndex: number, heardMs: number) => ({
      ...{ type: 'conversation.item.truncate', item_id: itemId, content_index: contentIndex, audio_end_ms: heardMs },
    }),
    line: ({ role, text }: TalkLine) => ({
      type: 'conversation.item.create',
      item: { type: 'message', role, content: [{ type: contentType(role, config.dialect), text }] },
    }),
    toolResult: (callId: string, output: string) => ({
      ...{ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: callId, output } },
    }),
  };
}

export type ProviderRequests = ReturnType<typeof providerRequests>;

function contentType(role: TalkLine['role'], dialect: AgentConfig['dialect']): string {
  if (role !== 'assistant') return 'input_text';
  return dialect === 'ga' ? 'output_text' : 'text';
}

function settings(config: AgentConfig): object {
  const format = { type: 'audio/pcm', rate: providerRateHz };
  const heard = { format, transcription: transcription(config), turn_detection: turnDetection(config) };
  const noise = noiseReduction(config);
  return {
    ...{ type: 'realtime', output_modalities: ['audio'], instructions: config.instructions, ...toolSettings(config) },
    audio: {
      input: { ...heard, ...(noise && { noise_reduction: noise }) },
      output: { format, voice: config.voice, ...speed(config) },
    },
  };
}

function betaSettings(config: AgentConfig): object {
  const noise = noiseReduction(config);
  return {
    ...{ modalities: ['audio', 'text'], instructions: config.instructions, voice: config.voice },
    ...{ ...speed(config), ...toolSettings(config) },
    ...{ input_audio_format: 'pcm16', output_audio_format: 'pcm16' },
    ...{ input_audio_transcription: transcription(config), turn_detection: turnDetection(config) },
    ...(noise && { input_audio_noise_reduction: noise }),
  };
}

// What is as the provider has it by itself is not told: others that speak this protocol may not know it.

function noiseReduction({ noise_reduction: type }: AgentConfig): object | undefined {
  return type === 'none' ? undefined : { type };
}

function speed({ speed }: AgentConfig): object {
  return speed === 1 ? {} : { speed };
}

function transcription({ transcription_model: model, language }: AgentConfig): object | null {
  return model === '' ? null : { model, ...(language !== '' && { language }) };
}

/** Whether a response is broken off is ours to say: we know what the caller has heard. */
function turnDetection({ turn_detection: { type, eagerness, ...bySilence } }: AgentConfig): object {
  const own = type === 'server_vad' ? bySilence : { eagerness };
  return { type, ...own, create_response: true, interrupt_response: false };
}

type ToldTool = Pick<AgentTool, 'name' | 'description' | 'parameters'>;

const endCall: ToldTool = {
  name: endCallTool,
  description: 'Hangs up. Call it when the conversation is over, after you have said good-bye.',
  parameters: { type: 'object', properties: { reason: { type: 'string', description: 'why the call ends' } } },
};

function transfer({ transfers }: AgentConfig): ToldTool {
  const known = transfers.map(({ name, description }) => (description === '' ? name : `${name}: ${description}`));
  return {
    name: transferTool,
    description: `Hands the call over. Call it after you have told the caller so. Where to:\n${known.join('\n')}`,
    parameters: {
      type: 'object',
      properties: { to: { type: 'string', enum: transfers.map(({ name }) => name) } },
      required: ['to'],
    },
  };
}

function toolSettings(config: AgentConfig): object {
  const { tools, transfers, end_call: hasEndCall } = config;
  const all = [...tools, ...(transfers.length > 0 ? [transfer(config)] : []), ...(hasEndCall ? [endCall] : [])];
  const told = all.map(({ name, description, parameters }) => ({ type: 'function', name, description, parameters }));
  return { tools: told, tool_choice: 'auto' };
}
