import Type from 'typebox';
import { AppletKey, closed, Prompt } from '../document/fields.js';
import { faultsOfPrompt, needsOfPrompt } from '../document/prompt-spec.js';
import type { AppletKind } from './applet-kind.js';

const schema = Type.Object(
  {
    type: Type.Literal('greeting'),
    prompt: Prompt,
    repeat: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: 'How often it is said; default 1' })),
    interruptible: Type.Optional(Type.Boolean({ description: 'Whether a digit ends it; default true' })),
    next: Type.Optional(AppletKey),
    on_error: Type.Optional(AppletKey),
  },
  closed,
);

/** Says something. */
export const greeting: AppletKind<typeof schema> = {
  type: 'greeting',
  schema,
  exits: ({ next, on_error }) => [
    { at: 'next', to: next, waits: true },
    ...(on_error === undefined ? [] : [{ at: 'on_error', to: on_error, waits: false }]),
  ],
  needs: ({ prompt }) => needsOfPrompt(prompt, 'prompt'),
  faults: ({ prompt }) => faultsOfPrompt(prompt, 'prompt'),
  async run({ prompt, repeat = 1, interruptible = true, next }, { actions, tell }) {
    let said: 'played' | 'interrupted' = 'played';
    for (let time = 0; time < repeat && said === 'played'; time++) said = await actions.say(prompt, { interruptible });
    tell({ result: said });
    return next;
  },
  errorWay: ({ next, on_error }) => on_error ?? next,
};
