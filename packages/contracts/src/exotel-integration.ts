import Type, { type Static, type TSchema } from 'typebox';
import { Id, oneOf } from './fields.js';

const closed = { additionalProperties: false };
const printable = '^[^\\x00-\\x1f\\x7f]*$';

/** A text of an update: null means what the empty one means. One type with two names, as a union's refusal would speak of its branches. */
const clearable = (maxLength: number, description: string, pattern = printable) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength, pattern, description });

const Credential = (what: string) => clearable(256, `${what}; never returned. An empty text clears it`);
const FlowUrl = clearable(
  2_048,
  'the Exotel flow that a test call is joined with, as https://my.exotel.com/{sid}/exoml/start_voice/{flow_id}',
);
const optional = <T extends Record<string, TSchema>>(fields: T) =>
  Type.Object(Type.Partial(Type.Object(fields)).properties, closed);

/** `PUT /api/v1/integrations/exotel`: what is left out stays, an empty text clears. */
export const ExotelCredentialsUpdate = optional({
  account_sid: clearable(128, 'sid of the Exotel account'),
  api_key: Credential('API key of the Exotel account'),
  api_token: Credential('API token of the Exotel account'),
  api_base_url: clearable(2_048, 'where the API is; an empty text means https://api.exotel.com'),
});
export type ExotelCredentialsUpdate = Static<typeof ExotelCredentialsUpdate>;

const didFields = {
  label: clearable(100, 'what people call the number'),
  bot_id: clearable(128, 'the bot that the number reaches'),
  flow_url: FlowUrl,
};

/** `POST /api/v1/integrations/exotel/dids`. */
export const ExotelDidCreate = Type.Object(
  {
    number: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'a telephone number, E.164 or in an Indian form',
      examples: ['+919876543210'],
    }),
    ...Type.Partial(Type.Object(didFields)).properties,
  },
  closed,
);
export type ExotelDidCreate = Static<typeof ExotelDidCreate>;

/** `PUT /api/v1/integrations/exotel/dids/{did_id}`: what is left out stays, an empty text clears. The number never changes. */
export const ExotelDidUpdate = optional(didFields);
export type ExotelDidUpdate = Static<typeof ExotelDidUpdate>;

/** Empty texts stand for what is not set. */
export const ExotelDidRead = Type.Object({
  did_id: Id,
  number: Type.String({ description: 'E.164' }),
  label: Type.String(),
  bot_id: Type.String(),
  flow_url: Type.String(),
  websocket_url: Type.String({
    description: "What the Voicebot applet of Exotel's flow is given; empty without a bot",
    examples: ['wss://core.example/exotel/bot_1'],
  }),
});
export type ExotelDidRead = Static<typeof ExotelDidRead>;

/** The integration record. It holds no secret. */
export const ExotelIntegrationRead = Type.Object({
  status: oneOf(['configured', 'not_configured']),
  credentials_configured: Type.Boolean({ description: 'Account sid, API key and API token are all there' }),
  account_sid: Type.String(),
  api_base_url: Type.String(),
  dids: Type.Array(ExotelDidRead),
});
export type ExotelIntegrationRead = Static<typeof ExotelIntegrationRead>;

/** What who places test calls may know of a number. */
export const ExotelTestCallOption = Type.Object({
  did_id: Id,
  number: Type.String(),
  label: Type.String(),
  bot_id: Type.String(),
  test_ready: Type.Boolean(),
  reason: Type.String({ description: 'Why not; empty when it is ready' }),
});

export const ExotelTestCallOptions = Type.Object({
  credentials_configured: Type.Boolean(),
  dids: Type.Array(ExotelTestCallOption),
});
export type ExotelTestCallOptions = Static<typeof ExotelTestCallOptions>;

/** `POST /api/v1/integrations/exotel/dids/{did_id}/test-call`. */
export const ExotelTestCallRequest = Type.Object(
  {
    to_number: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'the customer to ring: E.164 or an Indian form',
      examples: ['+919876543210', '98765 43210'],
    }),
  },
  closed,
);
export type ExotelTestCallRequest = Static<typeof ExotelTestCallRequest>;

export const ExotelTestCallResult = Type.Object({
  did_id: Id,
  to_number: Type.String({ description: 'As it was sent: E.164' }),
  call_sid: Type.String(),
  provider_status: Type.String({ description: "The call's status in Exotel's words; empty when Exotel told none" }),
});
export type ExotelTestCallResult = Static<typeof ExotelTestCallResult>;
