import { SnakeSecretRotation, type SnakeWebhookSecret, SnakeWebhookSecrets } from '@intermix/contracts';
import type { SigningSecret } from '@intermix/webhooks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import type { IntegrationParts } from '../parts.js';
import type { AppScope } from '../services/app-scope.js';
import { isoTime, snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase } from './paths.js';

const tag = 'webhook secrets';
const defaultOverlapHours = 24;

/**
 * `…/webhook-secrets`: what the app's webhooks are signed with. For the customer's token, which stays in its backend: the
 * app's sits in the browser of every agent, who could sign what the backend then takes for ours. An addition of ours.
 */
export function webhookSecretRoutes(app: FastifyInstance, { deps }: IntegrationParts, scope: PathScope): void {
  const { signingSecrets } = deps;
  const onRequest = scope.requireApp('customer');

  const rotated = (request: FastifyRequest) => {
    const hours = (request.body as SnakeSecretRotation | undefined)?.overlap_hours ?? defaultOverlapHours;
    const changes = { secret: { secret: true as const }, overlap_hours: { to: hours } };
    return [{ id: scope.app(request).appId, changes }];
  };
  const inForce = async ({ accountSid, appId }: AppScope, reply: FastifyReply) => {
    const secrets = await signingSecrets.inForce(accountSid, appId);
    if (secrets === undefined) throw ApiError.notFound('app');
    void reply.header('cache-control', 'no-store');
    return snakeSuccess({ secrets: secrets.map(snakeSecret) });
  };

  app.get(
    `${appBase}/webhook-secrets`,
    {
      onRequest,
      schema: {
        ...documented(
          { tag, summary: 'The secrets in force, newest first', operationId: 'listWebhookSecrets' },
          SnakeWebhookSecrets,
          [],
        ),
        params: AppPath,
      },
    },
    async (request, reply) => inForce(scope.app(request), reply),
  );

  app.post<{ Body: SnakeSecretRotation | undefined }>(
    `${appBase}/webhook-secrets/rotate`,
    {
      ...{ onRequest, config: { audit: { resource: 'webhook-secret', things: rotated } } },
      // No body stands for one that leaves everything to us.
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Make a new secret; the old ones sign beside it for overlap_hours',
            operationId: 'rotateWebhookSecret',
          },
          SnakeWebhookSecrets,
          [400],
        ),
        params: AppPath,
        body: SnakeSecretRotation,
      },
    },
    async (request, reply) => {
      const own = scope.app(request);
      const hours = request.body?.overlap_hours ?? defaultOverlapHours;
      if ((await signingSecrets.rotate(own.accountSid, own.appId, hours)) === undefined) throw ApiError.notFound('app');
      return inForce(own, reply);
    },
  );
}

function snakeSecret({ id, secret, createdAt, expiresAt }: SigningSecret): SnakeWebhookSecret {
  return { id, secret, created_at: createdAt.toISOString(), expires_at: isoTime(expiresAt) };
}
