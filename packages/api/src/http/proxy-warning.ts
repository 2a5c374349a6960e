import { isIP } from 'node:net';
import type { Logger } from '@intermix/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Whether a reverse proxy says that the request came from somebody else. */
export function wasForwarded({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
}

/** Writes one warning when a reverse proxy on this machine sends requests and nobody told us to trust it. */
export function warnOfProxy(app: FastifyInstance, logger: Logger): void {
  let isTold = false;
  app.addHook('onRequest', async (request) => {
    if (isTold || !wasForwarded(request) || !isLoopback(request.ip)) return;
    isTold = true;
    const cure = `set INTERMIX_TRUSTED_PROXIES=${request.ip}`;
    logger.warn(
      {},
      `a reverse proxy is in front and not trusted, so that limits take all of its clients for one: ${cure}`,
    );
  });
}

function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && /^(::ffff:)?127\.|^::1$/.test(address);
}
