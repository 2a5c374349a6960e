import Type, { type Static } from 'typebox';
import { Id, Timestamp } from './fields.js';
import { listOf } from './list.js';

/** A flow's document as it is sent: `GET /api/v1/flows/schema` describes it, and the validator says more than a schema can. */
export const FlowDocumentBody = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
  description: 'The document of a flow: name, start, applets; see GET /api/v1/flows/schema',
});
export type FlowDocumentBody = Static<typeof FlowDocumentBody>;

const summary = {
  id: Id,
  name: Type.String(),
  version: Type.Integer({ description: 'Of the document; counts from 1' }),
  url: Type.String({ description: 'What names the flow in Calls/connect' }),
  created_at: Timestamp,
  updated_at: Timestamp,
};

/** A flow without its document, as in lists. */
export const FlowSummary = Type.Object(summary);
export type FlowSummary = Static<typeof FlowSummary>;

export const FlowList = listOf(FlowSummary);

export const FlowRead = Type.Object({ ...summary, document: Type.Record(Type.String(), Type.Unknown()) });
export type FlowRead = Static<typeof FlowRead>;

export const FlowVersionRead = Type.Object({
  version: Type.Integer(),
  created_at: Timestamp,
  document: Type.Record(Type.String(), Type.Unknown()),
});
export const FlowVersionList = listOf(FlowVersionRead);

/** What a validator found: nothing, and the flow may be kept; or each problem with its place. */
export const FlowValidation = Type.Object({
  valid: Type.Boolean(),
  problems: Type.Array(
    Type.Object({
      path: Type.String({ description: 'Place in the document: applets.menu.branches.1' }),
      code: Type.String(),
      message: Type.String(),
    }),
  ),
});
export type FlowValidation = Static<typeof FlowValidation>;

/** What a call that was only thought of came to. */
export const FlowSimulation = Type.Object({
  path: Type.Array(Type.String(), { description: 'Keys of the applets, in the order in which they were run' }),
  steps: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'What came of each' }),
  requests: Type.Array(Type.String(), { description: 'URLs that a call would have opened' }),
  end: Type.String(),
});
export type FlowSimulation = Static<typeof FlowSimulation>;
