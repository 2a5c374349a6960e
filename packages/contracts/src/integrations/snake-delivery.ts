import Type, { type Static } from 'typebox';
import { DeliveryAttemptRead, DeliveryRead } from '../webhook-delivery.js';

const { account_sid: _account, app_id: _app, call_sid: _call, host: _host, ...fields } = DeliveryRead.properties;

const { response_body: responseBody, ...attempt } = DeliveryAttemptRead.properties;

const SnakeAttempt = Type.Object({
  ...attempt,
  response_body: Type.Optional({ ...responseBody, description: 'For the token of the customer only' }),
});

/** One delivery in the story of a call, with its attempts. */
export const SnakeDeliveryOfCall = Type.Object({
  ...fields,
  body: Type.String({ description: 'The exact text that is sent' }),
  history: Type.Array(SnakeAttempt),
});
export type SnakeDeliveryOfCall = Static<typeof SnakeDeliveryOfCall>;
