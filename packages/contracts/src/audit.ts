import Type, { type Static } from 'typebox';
import { Id, nullable, oneOf, Timestamp } from './fields.js';
import { listOf, PageQuery } from './list.js';

/** One change that somebody made, or a sign-in. */
export const AuditEntryRead = Type.Object({
  id: Id,
  at: Timestamp,
  actor: Type.Object({
    type: oneOf(['person', 'api-key', 'customer', 'app']),
    id: Type.String({ description: 'of the person, or of whose token it was; the account’s sid for its API key' }),
    name: Type.String({ description: 'e-mail address of the person at that time; of a machine, what it showed' }),
  }),
  action: Type.String({ description: 'the operation’s id: `updateCarrier`, `signIn`' }),
  resource: Type.Object({ type: Type.String(), id: nullable(Type.String()) }),
  changes: Type.Record(Type.String(), Type.Unknown(), {
    description: 'by the field’s path: `{"from","to"}`, or `{"secret":true}` for what is not shown',
  }),
  source: Type.String({ description: 'address that the request came from' }),
  request_id: Type.String({ description: 'as the answer’s X-Request-Id had it' }),
});
export type AuditEntryRead = Static<typeof AuditEntryRead>;

export const AuditList = listOf(AuditEntryRead);

const Moment = Type.String({ maxLength: 40, description: 'a day, or a time; UTC unless it says otherwise' });

/** `GET /api/v1/audit`. */
export const AuditQuery = Type.Object(
  {
    ...PageQuery.properties,
    person: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'id or e-mail address' })),
    action: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    resource: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'type: `carrier`, `flow`, …' })),
    resource_id: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;
