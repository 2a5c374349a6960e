import type { OutboundRequest } from '@intermix/outbound';
import { agent } from '../kinds/agent/agent.js';
import { FakeRealtime } from './fake-realtime.js';
import { SessionBench } from './session-bench.js';

/** What a tool's URL answers. */
export type Post = (url: string, request: OutboundRequest) => Promise<{ status: number; body: Buffer }>;
/** Where the provider of these calls is said to be. */
export const url = 'wss://provider.example/v1/realtime?model=m';

/** A call of an agent under a clock that stands, whose provider is the test. */
export function makeCall(config: object = {}, options: { sampleRate?: number; post?: Post; prompt?: Int16Array } = {}) {
  const provider = new FakeRealtime();
  const bench = new SessionBench({
    kind: agent as never,
    config: { url, api_key: 'sk-planted-secret', ...config },
    outside: { openWebSocket: provider.openWebSocket, http: { post: options.post } as never },
    ...(options.prompt && { render: async () => options.prompt as Int16Array }),
  });
  bench.start({ sampleRate: options.sampleRate ?? 8000, customParameters: { name: 'Asha' } });
  /** Time passes while the caller is silent, and the stream goes on. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      bench.hear(0, (options.sampleRate ?? 8000) / 10);
      await bench.clock.advanceAsync(Math.min(100, left));
    }
  };
  /** Minutes of it: a frame every ten seconds keeps the call alive. */
  const passLong = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      bench.hear(0);
      await bench.clock.advanceAsync(Math.min(10_000, left));
    }
  };
  return { bench, provider, pass, passLong };
}

/** A call in which the greeting is over and heard. */
export async function makeTalk(config: object = {}, options: Parameters<typeof makeCall>[1] = {}) {
  const call = makeCall({ greeting: { by: 'none' }, ...config }, options);
  const socket = call.provider.last.accept();
  await call.pass(100);
  return { ...call, socket };
}

export const speechStarted = (item = 'caller-1') => ({ type: 'input_audio_buffer.speech_started', item_id: item });
export const speechStopped = { type: 'input_audio_buffer.speech_stopped' };
export const callerWords = (transcript: string, item = 'caller-1') => ({
  ...{ type: 'conversation.item.input_audio_transcription.completed', item_id: item, transcript },
});
export const toolCalled = (name: string, args: object, callId = 'call-1') => ({
  ...{ type: 'response.function_call_arguments.done', name, call_id: callId, arguments: JSON.stringify(args) },
});
