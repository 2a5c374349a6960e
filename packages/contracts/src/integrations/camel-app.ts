import Type, { type Static } from 'typebox';
import { oneOf } from '../fields.js';
import { camelEnvelope } from './camel-envelope.js';
import { camelName, camelText, camelTimestamp } from './camel-fields.js';

/** `POST /app`: all of it is needed. */
export const CamelAppCreate = Type.Object(
  {
    AppName: camelName('what the app is called, 1 to 100 characters', 'crm'),
    ExotelAccountSid: camelText('sid of the account that places the calls', 'acct1', 128),
    ExotelApiKey: camelText('API key of that account', '8a1c…'),
    ExotelApiToken: camelText('API token of that account', '77de…'),
    ExotelDomain: camelText('region: mumbai or singapore, in any case', 'mumbai', 32),
    IsActive: Type.Boolean({ description: 'true: the app may call', examples: [true] }),
  },
  {
    examples: [
      {
        AppName: 'crm',
        ExotelAccountSid: 'acct1',
        ExotelApiKey: '8a1c…',
        ExotelApiToken: '77de…',
        ExotelDomain: 'mumbai',
        IsActive: true,
      },
    ],
  },
);
export type CamelAppCreate = Static<typeof CamelAppCreate>;

/** `GET /app`. */
export const CamelAppQuery = Type.Object({
  entity: Type.Optional(
    oneOf(['app', 'customer'], {
      description: 'app, or left out: the app of an app token; customer: all apps of a customer token',
    }),
  ),
});
export type CamelAppQuery = Static<typeof CamelAppQuery>;

const shownOnce = { description: 'Shown once, where the app is made' };
const CamelApp = Type.Object({
  AppID: Type.String({ examples: ['0f0f7a6e-5f0b-4c37-a7c5-8d0a3d1f6b11'] }),
  AppSecret: Type.Optional(Type.String(shownOnce)),
  CustomerID: Type.String({ examples: ['5b1f2f0e-6d1b-4d2f-9d5b-2d4f3c9e7a10'] }),
  AppName: Type.String({ examples: ['crm'] }),
  ExotelAccountSid: Type.String({ examples: ['acct1'] }),
  ExotelApiKey: Type.Optional(Type.String(shownOnce)),
  ExotelApiToken: Type.Optional(Type.String(shownOnce)),
  ExotelDomain: Type.String({ examples: ['mumbai'] }),
  IsActive: Type.Boolean(),
  CreatedAt: camelTimestamp,
  UpdatedAt: camelTimestamp,
});
export type CamelApp = Static<typeof CamelApp>;

export const CamelAppAnswer = camelEnvelope(CamelApp);
/** One app, or with `entity=customer` a list. */
export const CamelAppOrApps = camelEnvelope(Type.Union([CamelApp, Type.Array(CamelApp)]));
