import { basename } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

export interface SdkDeps {
  /** Folder of the built browser SDK. */
  sdkFolder: string;
}

/** What a page loads: scripts, modules and their source maps. Types and the CommonJS file are for builds. */
const served = /^\/?(?:exotelsdk|voice-sdk|crm)[\w-]*\.m?js(?:\.map)?$/;
/** Chunks of the ES modules carry a hash of their content. */
const hashed = /-[A-Z0-9]{8}\.mjs(?:\.map)?$/;

/**
 * `/sdk/exotelsdk.js` and what it loads later, for pages of any origin. With a query `?v=…`, which the page changes when it
 * wants another one, a browser keeps a file for a year; without, it asks each time and is told that nothing changed (304).
 */
export async function sdkRoutes(app: FastifyInstance, deps: SdkDeps): Promise<void> {
  await app.register(fastifyStatic, {
    root: deps.sdkFolder,
    prefix: '/sdk/',
    decorateReply: false, // The softphone's registration has done it.
    index: false,
    cacheControl: false,
    preCompressed: true,
    allowedPath: (path) => served.test(path),
    setHeaders: (reply, path) => {
      const file = basename(path).replace(/\.(?:br|gz)$/, '');
      const isFixed = hashed.test(file) || /[?&]v=./.test(reply.request.url);
      reply.header('cache-control', isFixed ? 'public, max-age=31536000, immutable' : 'public, no-cache');
      reply.header('content-type', `${file.endsWith('.map') ? 'application/json' : 'text/javascript'}; charset=utf-8`);
      reply.header('access-control-allow-origin', '*');
      reply.header('cross-origin-resource-policy', 'cross-origin');
      reply.header('vary', 'accept-encoding');
      reply.header('x-content-type-options', 'nosniff');
    },
  });
}
