import type { FastifyInstance } from 'fastify';
import type { IntegrationParts } from '../parts.js';
import { callRoutes } from './call-routes.js';
import { contactRoutes } from './contact-routes.js';
import { customerRoutes } from './customer-routes.js';
import { deviceRoutes } from './device-routes.js';
import { eventRoutes } from './event-routes.js';
import { PathScope } from './path-scope.js';
import { sessionRoutes } from './session-routes.js';
import { settingsRoutes } from './settings-routes.js';
import { userRoutes } from './user-routes.js';
import { webhookSecretRoutes } from './webhook-secret-routes.js';

/** `/v2/integrations/{customer_id}/…`: the snake_case generation. Its routes stand on the services that the other uses. */
export function snakeRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const scope = new PathScope(parts);
  customerRoutes(app, parts, scope);
  settingsRoutes(app, parts, scope);
  userRoutes(app, parts, scope);
  deviceRoutes(app, parts, scope);
  sessionRoutes(app, parts, scope);
  contactRoutes(app, parts, scope);
  callRoutes(app, parts, scope);
  eventRoutes(app, parts, scope);
  webhookSecretRoutes(app, parts, scope);
}
