import { CamelCustomerAnswer, CamelCustomerCreate, CamelDeleted } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import { auditedCustomerDeletion } from '../audited.js';
import { camelSecret, camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import { documented } from './documented.js';
import { camelCustomer } from './mapping.js';

/** Of the customer that an answer tells of. */
function idIn(answer: unknown): string | undefined {
  return (answer as { Data?: { CustomerID?: string } } | undefined)?.Data?.CustomerID;
}

/** `/customer`: a customer of the account, who has apps. */
export function customerRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, accountAuth, random, tenants } = parts;
  const tag = 'customers';

  app.post<{ Body: CamelCustomerCreate }>(
    '/customer',
    {
      onRequest: accountAuth.require(),
      config: { audit: { resource: 'customer', id: (_request, answer) => idIn(answer) } },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Make a customer; its secret is shown here and never again',
            description: 'For an administrator’s access token, or the account’s api_key:api_token by Basic.',
            operationId: 'createCustomer',
            token: 'account',
          },
          CamelCustomerAnswer,
          [400, 401, 429],
        ),
        body: CamelCustomerCreate,
      },
    },
    async (request, reply) => {
      const { CustomerName: name, Email: email } = request.body;
      const accountSid = accountAuth.accountOf(request);
      const { customer, secret } = await tenants.createCustomer({ accountSid, name, email });
      return camelSecret(reply, { ...camelCustomer(customer), CustomerSecret: secret }, random);
    },
  );

  app.get(
    '/customer',
    {
      onRequest: auth.requireToken('customer'),
      schema: documented(
        { tag, summary: 'The customer whose token it is', operationId: 'getOwnCustomer', token: 'token' },
        CamelCustomerAnswer,
        [401],
      ),
    },
    async (request) => {
      const { accountSid, customerId } = auth.accessOf(request);
      return camelSuccess(camelCustomer(await tenants.findCustomer(accountSid, customerId)), random);
    },
  );

  app.delete(
    '/customer',
    {
      onRequest: auth.requireToken('customer'),
      config: { audit: auditedCustomerDeletion(parts.deps, (request) => auth.accessOf(request)) },
      schema: documented(
        {
          tag,
          summary: 'Delete the customer with its apps, users, settings and tokens; calls stay on record',
          operationId: 'deleteOwnCustomer',
          token: 'token',
        },
        CamelDeleted,
        [401],
      ),
    },
    async (request) => {
      const { accountSid, customerId } = auth.accessOf(request);
      await tenants.deleteCustomer(accountSid, customerId);
      return camelSuccess('Deleted Successfully', random);
    },
  );
}
