import Type, { type Static } from 'typebox';
import { CustomField, oneOf } from '../fields.js';
import { camelEnvelope } from './camel-envelope.js';
import { camelText, camelUserId } from './camel-fields.js';

/** `POST /call/outbound_call`: snake_case, unlike its answer; `CustomField` as in the vendor's other interfaces is understood. */
export const CamelOutboundCallRequest = Type.Object(
  {
    customer_id: Type.Optional(
      Type.Union([camelText('the customer; the token’s when left out', '5b1f2f0e-…', 128), Type.Null()]),
    ),
    app_id: Type.Optional(
      Type.Union([camelText('the app; the token’s when left out', '0f0f7a6e-…', 128), Type.Null()]),
    ),
    to: Type.String({ minLength: 1, maxLength: 64, description: 'the number to call', examples: ['+919876543210'] }),
    user_id: camelUserId,
    custom_field: Type.Optional(CustomField),
    CustomField: Type.Optional(CustomField),
  },
  { examples: [{ customer_id: 'uuid', app_id: 'uuid', to: '+919876543210', user_id: 'agent_001' }] },
);
export type CamelOutboundCallRequest = Static<typeof CamelOutboundCallRequest>;

const never = '0001-01-01T00:00:00Z';

const CamelOutboundCall = Type.Object({
  CustomerId: Type.String(),
  AppId: Type.String(),
  CallSid: Type.String({ examples: ['6f1c0c0e6a5b4d0f9c3a2b1d0e9f8a7b'] }),
  ExotelAccountSid: Type.String({ examples: ['acct1'] }),
  DialWhomNumber: Type.String({ examples: ['09876543210'] }),
  AppUserID: Type.String({ examples: ['agent_001'] }),
  VirtualNumber: Type.String({ examples: ['+918047100000'] }),
  Direction: Type.String({ examples: ['outbound'] }),
  CallStatus: Type.String({ examples: [''] }),
  CallState: Type.String({ examples: ['active'] }),
  ToNumber: Type.String({ examples: ['09876543210'] }),
  FromNumber: Type.String({ examples: ['sip:agent-001-5f3a9c1e'] }),
  TotalDuration: Type.Integer({ examples: [0] }),
  CallRecordings: Type.String({ examples: [''] }),
  AccountDomain: Type.String({ examples: ['Mumbai'] }),
  TicketId: Type.String({ examples: [''] }),
  CallDetail: Type.Null(),
  CreatedAt: Type.String({ examples: [never] }),
  UpdatedAt: Type.String({ examples: [never] }),
});
export type CamelOutboundCall = Static<typeof CamelOutboundCall>;

export const CamelOutboundCallAnswer = camelEnvelope(CamelOutboundCall);

/** What a flow tells: which setting's URL is to be told. */
export const CamelInboundCallQuery = Type.Object({
  type: Type.Optional(
    oneOf(['popup', 'incomingcallhungup', 'missedcall'], { description: 'Which setting; popup when left out' }),
  ),
});
export type CamelInboundCallQuery = Static<typeof CamelInboundCallQuery>;

export const CamelInboundCallAnswer = camelEnvelope(Type.String({ examples: ['Success'] }));
