import Type, { type Static } from 'typebox';
import { Id, Name, nullable, oneOf } from './fields.js';
import { E164Number, PhoneNumber } from './phone-number.js';

const closed = { additionalProperties: false };

/** Who is called when the number is: one user, or several at the same time; or the flow or bot that takes the call. */
export const DidTarget = Type.Union([
  Type.Object({ type: Type.Literal('user'), app_id: Id, user_id: Id }, closed),
  Type.Object(
    {
      type: Type.Literal('users'),
      app_id: Id,
      user_ids: Type.Array(Id, { minItems: 1, maxItems: 20, uniqueItems: true }),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('flow'), flow_id: Id }, closed),
  Type.Object({ type: Type.Literal('bot'), bot_id: Id }, closed),
]);
export type DidTarget = Static<typeof DidTarget>;

const directions = ['inbound', 'outbound', 'both'] as const;
const fields = {
  number: PhoneNumber,
  label: nullable(Name),
  direction: oneOf(directions, { description: 'Which calls the number is for' }),
  target: nullable(DidTarget),
  ring_timeout_sec: nullable(
    Type.Integer({ minimum: 5, maximum: 180, description: 'Seconds that a call to the number may ring; null: 30' }),
  ),
};
const { number, ...optional } = fields;

/** `POST /api/v1/carriers/{id}/dids`. Direction is `both` unless told otherwise. */
export const DidCreate = Type.Object({ number, ...Type.Partial(Type.Object(optional)).properties }, closed);
export type DidCreate = Static<typeof DidCreate>;

/** `PATCH`: what is left out stays; `null` clears. */
export const DidUpdate = Type.Object(Type.Partial(Type.Object(fields)).properties, { ...closed, minProperties: 1 });
export type DidUpdate = Static<typeof DidUpdate>;

export const DidRead = Type.Object({
  id: Id,
  carrier_id: Id,
  number: E164Number,
  label: nullable(Type.String()),
  direction: oneOf(directions),
  target: nullable(DidTarget),
  ring_timeout_sec: nullable(Type.Integer()),
});
export type DidRead = Static<typeof DidRead>;
