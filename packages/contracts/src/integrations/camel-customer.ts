import Type, { type Static } from 'typebox';
import { camelEnvelope } from './camel-envelope.js';
import { camelEmail, camelName, camelTimestamp } from './camel-fields.js';

/** `POST /customer`. */
export const CamelCustomerCreate = Type.Object(
  {
    CustomerName: camelName('what the customer is called, 1 to 100 characters', 'Acme'),
    Email: Type.Optional(camelEmail),
  },
  { examples: [{ CustomerName: 'Acme', Email: 'ops@example.com' }] },
);
export type CamelCustomerCreate = Static<typeof CamelCustomerCreate>;

const CamelCustomer = Type.Object({
  CustomerID: Type.String({ examples: ['5b1f2f0e-6d1b-4d2f-9d5b-2d4f3c9e7a10'] }),
  CustomerSecret: Type.Optional(Type.String({ description: 'Shown once, where the customer is made' })),
  CustomerName: Type.String({ examples: ['Acme'] }),
  Email: Type.String({ description: 'Empty when there is none', examples: ['ops@example.com'] }),
  CustomerSetting: Type.Null(),
  CreatedAt: camelTimestamp,
  UpdatedAt: camelTimestamp,
  DeletedAt: Type.Boolean({ description: 'Always false: a deleted customer is gone', examples: [false] }),
});
export type CamelCustomer = Static<typeof CamelCustomer>;

export const CamelCustomerAnswer = camelEnvelope(CamelCustomer);
