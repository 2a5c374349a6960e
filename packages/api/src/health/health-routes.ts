import { HealthResponse, ReadyResponse } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';

/** What must work before we take traffic. Each value is true when its part is ready. */
export type Readiness = () => Promise<{ store: boolean; sip: boolean; media: boolean }>;

/** Prometheus text. */
export type MetricsText = () => Promise<{ contentType: string; text: string }>;

/** `/healthz` (the process is up), `/readyz` (store, SIP and media are ready), `/metrics`. */
export function healthRoutes(app: FastifyInstance, deps: { readiness: Readiness; metrics: MetricsText }): void {
  app.get(
    '/healthz',
    { schema: { tags: ['operations'], summary: 'The process is up', response: { 200: HealthResponse } } },
    async () => ({
      status: 'ok',
    }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['operations'],
        summary: 'Everything is ready',
        response: { 200: ReadyResponse, 503: ReadyResponse },
      },
    },
    async (_request, reply) => {
      const parts = await deps.readiness();
      const isReady = parts.store && parts.sip && parts.media;
      return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not-ready', ...parts });
    },
  );

  app.get('/metrics', { schema: { tags: ['operations'], summary: 'Prometheus metrics' } }, async (_request, reply) => {
    const { contentType, text } = await deps.metrics();
    return reply.header('content-type', contentType).send(text);
  });
}
