import type { FastifyInstance } from 'fastify';
import type { IntegrationParts } from '../parts.js';

/** `/v2/integrations/{customer_id}/…`: the snake_case generation. Its routes stand on the services that the other uses. */
export function snakeRoutes(_app: FastifyInstance, _parts: IntegrationParts): void {}
