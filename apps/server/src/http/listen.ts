import type { FastifyInstance } from 'fastify';
import { StartError } from '../start-error.js';

/** Listens, or tells in one sentence why that cannot be. */
export async function listenHttp(app: FastifyInstance, address: { host: string; port: number }): Promise<void> {
  try {
    await app.listen(address);
  } catch (error) {
    const { host, port } = address;
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw isTaken
      ? StartError.portTaken('INTERMIX_HTTP_PORT', host, port, error)
      : StartError.cannotListen('INTERMIX_HTTP_PORT', host, port, error);
  }
}
