import Type, { type Static } from 'typebox';
import { oneOf } from '../fields.js';
import { camelEnvelope } from './camel-envelope.js';
import { camelText } from './camel-fields.js';

/** `POST /token`. */
export const CamelTokenRequest = Type.Object(
  {
    Id: camelText('the CustomerID or the AppID', '0f0f7a6e-5f0b-4c37-a7c5-8d0a3d1f6b11', 128),
    Secret: camelText('the CustomerSecret or the AppSecret', 'f3c1…'),
    Entity: oneOf(['customer', 'app'], { description: 'Whose id and secret these are' }),
  },
  { examples: [{ Id: '0f0f7a6e-5f0b-4c37-a7c5-8d0a3d1f6b11', Secret: 'f3c1…', Entity: 'app' }] },
);
export type CamelTokenRequest = Static<typeof CamelTokenRequest>;

/** `Data` is the token: opaque, in force for 90 days. */
export const CamelToken = camelEnvelope(
  Type.String({ description: 'The token: send it as "Authorization: <token>" or "Authorization: Bearer <token>"' }),
);
