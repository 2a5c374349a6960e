import Type, { type Static, type TSchema } from 'typebox';
import { AppletKey, closed } from '../document/fields.js';

/** By applet, visit by visit. */
const perVisit = <T extends TSchema>(item: T) =>
  Type.Optional(Type.Record(AppletKey, Type.Array(item, { maxItems: 50 })));

const PassthruReply = Type.Object(
  {
    status: Type.Integer({ minimum: 100, maximum: 599 }),
    body: Type.Optional(Type.String({ maxLength: 65_536 })),
  },
  closed,
);
const DialOutcome = Type.Unsafe<'completed' | 'busy' | 'no-answer' | 'failed'>({
  type: 'string',
  enum: ['completed', 'busy', 'no-answer', 'failed'],
});
const StreamStatus = Type.Unsafe<'completed' | 'failed' | 'cancelled'>({
  type: 'string',
  enum: ['completed', 'failed', 'cancelled'],
});

/**
 * What happens in a call that is only thought of, by the key of the applet that it happens to: first visit, second visit, …;
 * the last one again after that. What is not given goes well: a party talks, a URL answers 200, a bot closes; but nobody
 * presses a digit.
 */
export const SimulationInput = Type.Object(
  {
    from: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    to: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    custom_field: Type.Optional(Type.String({ maxLength: 128 })),
    digits: perVisit(Type.String({ pattern: '^[0-9*#A-D]{0,32}$', maxLength: 32 })),
    outcomes: perVisit(DialOutcome),
    replies: perVisit(PassthruReply),
    streams: perVisit(StreamStatus),
    broken: Type.Optional(
      Type.Array(AppletKey, { maxItems: 200, description: 'Applets whose audio, stream or recording cannot be had' }),
    ),
    leaves_at: Type.Optional(AppletKey),
  },
  closed,
);
export type SimulationInput = Static<typeof SimulationInput>;

/** One note of an applet, as a call's record would have it. */
export interface SimulatedStep {
  applet: string;
  [key: string]: unknown;
}

export interface SimulationResult {
  /** Keys of the applets, in the order in which they were run. */
  path: string[];
  steps: SimulatedStep[];
  /** URLs that a call would have opened, with their query. */
  requests: string[];
  end: 'finished' | 'caller-left' | 'too-many-steps' | 'failed';
}
