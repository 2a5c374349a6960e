import Type from 'typebox';
import { closed } from '../document/fields.js';
import type { AppletKind } from './applet-kind.js';

const schema = Type.Object(
  {
    type: Type.Literal('hangup'),
    reason: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z-]{0,31}$',
        maxLength: 32,
        description: 'a word of yours for the call record',
      }),
    ),
  },
  closed,
);

/** Ends the call. */
export const hangup: AppletKind<typeof schema> = {
  type: 'hangup',
  schema,
  exits: () => [],
  needs: () => [],
  faults: () => [],
  async run({ reason }, { actions, tell }) {
    tell({ result: 'hung-up', ...(reason !== undefined && { reason }) });
    actions.hangup();
    return undefined;
  },
  errorWay: () => undefined,
};
