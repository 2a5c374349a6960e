import type { FastifyInstance } from 'fastify';
import type { IntegrationParts } from '../parts.js';
import { appRoutes } from './app-routes.js';
import { callRoutes } from './call-routes.js';
import { customerRoutes } from './customer-routes.js';
import { deviceRoutes } from './device-routes.js';
import { settingRoutes } from './setting-routes.js';
import { tokenRoutes } from './token-routes.js';
import { userRoutes } from './user-routes.js';

/** The CamelCase generation of the integrations API, which the vendor's own SDK speaks. */
export function camelRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  tokenRoutes(app, parts);
  customerRoutes(app, parts);
  appRoutes(app, parts);
  settingRoutes(app, parts);
  userRoutes(app, parts);
  deviceRoutes(app, parts);
  callRoutes(app, parts);
}
