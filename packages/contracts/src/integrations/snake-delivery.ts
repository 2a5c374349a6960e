import Type, { type Static } from 'typebox';
import { DeliveryAttemptRead, DeliveryRead } from '../webhook-delivery.js';

const { account_sid: _account, app_id: _app, call_sid: _call, host: _host, ...fields } = DeliveryRead.properties;

/** One delivery in the story of a call, with its attempts. */
export const SnakeDeliveryOfCall = Type.Object({
  ...fields,
  body: Type.String({ description: 'The exact text that is sent' }),
  history: Type.Array(DeliveryAttemptRead),
});
export type SnakeDeliveryOfCall = Static<typeof SnakeDeliveryOfCall>;
