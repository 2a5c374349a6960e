import Type from 'typebox';
import { AppletKey, closed, Prompt } from '../document/fields.js';
import { faultsOfPrompt, needsOfPrompt } from '../document/prompt-spec.js';
import type { AppletKind } from './applet-kind.js';

const schema = Type.Object(
  {
    type: Type.Literal('record'),
    prompt: Type.Optional(Prompt),
    max_sec: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
    silence_sec: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
    finish_on_key: Type.Optional(
      Type.String({ pattern: '^[0-9*#]?$', maxLength: 1, description: 'a key, or "" for none' }),
    ),
    beep: Type.Optional(Type.Boolean({ description: 'A tone before the recording begins; default true' })),
    format: Type.Optional(Type.Unsafe<'mp3' | 'mp3-hq' | 'wav'>({ type: 'string', enum: ['mp3', 'mp3-hq', 'wav'] })),
    next: Type.Optional(AppletKey),
    on_error: Type.Optional(AppletKey),
  },
  closed,
);

/** Takes a message (voicemail): until a key, silence, or its time is over. */
export const record: AppletKind<typeof schema> = {
  type: 'record',
  schema,
  exits: ({ next, on_error }) => [
    { at: 'next', to: next, waits: true },
    ...(on_error === undefined ? [] : [{ at: 'on_error', to: on_error, waits: false }]),
  ],
  needs: ({ prompt }) => needsOfPrompt(prompt, 'prompt'),
  faults: ({ prompt }) => faultsOfPrompt(prompt, 'prompt'),
  async run({ prompt, beep = true, next, ...wish }, { actions, state, tell }) {
    if (prompt !== undefined) await actions.say(prompt, { interruptible: true });
    const message = await actions.takeMessage({
      beep,
      format: wish.format ?? 'mp3',
      maxSec: wish.max_sec ?? 120,
      silenceSec: wish.silence_sec,
      finishOnKey: wish.finish_on_key ?? '#',
    });
    state.hasMessage = true;
    if (message.recordingUrl !== undefined) state.recordingUrl = message.recordingUrl;
    tell({ result: message.endedBy, durationSec: message.durationSec });
    return next;
  },
  errorWay: ({ next, on_error }) => on_error ?? next,
};
