import Type from 'typebox';
import { AppletKey, CustomParameters, closed, Id, StreamUrl } from '../document/fields.js';
import type { AppletKind } from './applet-kind.js';
import { faultsOfParameters } from './stream-parameters.js';

const schema = Type.Object(
  {
    type: Type.Literal('voicebot'),
    url: Type.Optional(StreamUrl),
    bot_id: Type.Optional(Id),
    custom_parameters: Type.Optional(CustomParameters),
    record: Type.Optional(Type.Boolean({ description: 'Whether the call is recorded from here on; default false' })),
    next: Type.Optional(AppletKey),
    on_error: Type.Optional(AppletKey),
  },
  closed,
);

/** Joins the caller with a bot until the bot closes its socket or the stream ends otherwise. */
export const voicebot: AppletKind<typeof schema> = {
  type: 'voicebot',
  schema,
  exits: ({ next, on_error }) => [
    { at: 'next', to: next, waits: on_error !== undefined },
    ...(on_error === undefined ? [] : [{ at: 'on_error', to: on_error, waits: false }]),
  ],
  needs: ({ url, bot_id }) => [
    ...(url === undefined ? [] : [{ kind: 'url' as const, at: 'url', url, schemes: ['wss', 'ws', 'https'] as const }]),
    ...(bot_id === undefined ? [] : [{ kind: 'bot' as const, at: 'bot_id', botId: bot_id }]),
  ],
  faults: ({ url, bot_id, custom_parameters }) => [
    ...((url === undefined) === (bot_id === undefined)
      ? [{ at: 'url', message: 'Give exactly one of url and bot_id.' }]
      : []),
    ...faultsOfParameters(custom_parameters),
  ],
  async run({ url = '', bot_id, custom_parameters, record, next, on_error }, { actions, state, filled, tell }) {
    if (record) actions.record({});
    const end = await actions.converse({ url, botId: bot_id, customParameters: filled(custom_parameters) });
    state.stream = record ? { ...end, recordingUrl: actions.recordingUrl() } : end;
    const { status, disconnectedBy, durationSec, error } = end;
    tell({ result: status, disconnectedBy, durationSec, ...(error !== undefined && { error }) });
    return status === 'failed' ? (on_error ?? next) : next;
  },
  errorWay: ({ next, on_error }) => on_error ?? next,
};
