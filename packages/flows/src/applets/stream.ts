import Type from 'typebox';
import { AppletKey, CustomParameters, closed, StreamUrl } from '../document/fields.js';
import type { AppletKind } from './applet-kind.js';
import { faultsOfParameters } from './stream-parameters.js';

const schema = Type.Object(
  {
    type: Type.Literal('stream'),
    action: Type.Unsafe<'start' | 'stop'>({ type: 'string', enum: ['start', 'stop'] }),
    url: Type.Optional(StreamUrl),
    tracks: Type.Optional(
      Type.Unsafe<'inbound' | 'outbound' | 'both'>({ type: 'string', enum: ['inbound', 'outbound', 'both'] }),
    ),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 32, pattern: '^[^\\x00-\\x1f\\x7f]+$' })),
    custom_parameters: Type.Optional(CustomParameters),
    next: Type.Optional(AppletKey),
    on_error: Type.Optional(AppletKey),
  },
  closed,
);

/**
 * Starts a stream of the call's audio to a URL, or ends the one of that name, and goes on at once: the audio flows in the
 * background until it is stopped or the call ends.
 */
export const stream: AppletKind<typeof schema> = {
  type: 'stream',
  schema,
  exits: ({ next, on_error }) => [
    { at: 'next', to: next, waits: false },
    ...(on_error === undefined ? [] : [{ at: 'on_error', to: on_error, waits: false }]),
  ],
  needs: ({ url }) => (url === undefined ? [] : [{ kind: 'url', at: 'url', url, schemes: ['wss', 'ws', 'https'] }]),
  faults: ({ action, url, custom_parameters }) => {
    if (action === 'start' && url === undefined)
      return [{ at: 'url', message: 'A stream that is started needs a URL.' }];
    if (action === 'stop' && url !== undefined) return [{ at: 'url', message: 'A stream is stopped by its name.' }];
    return faultsOfParameters(custom_parameters);
  },
  async run(
    { action, url = '', tracks = 'inbound', name = '', custom_parameters, next },
    { actions, state, filled, tell },
  ) {
    if (action === 'start') {
      const streamSid = await actions.startStream({ url, tracks, name, customParameters: filled(custom_parameters) });
      tell({ result: 'started', streamSid });
      return next;
    }
    const end = await actions.stopStream(name);
    if (end !== undefined) state.stream = end;
    tell({ result: end === undefined ? 'none' : 'stopped' });
    return next;
  },
  errorWay: ({ next, on_error }) => on_error ?? next,
};
