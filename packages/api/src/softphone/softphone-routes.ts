import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { wasForwarded } from '../http/proxy-warning.js';

/** What the demo page needs to know to register one of the demo agents. */
export interface SoftphoneDemo {
  agents: ReadonlyArray<{
    user_id: string;
    name: string;
    sip_username: string;
    sip_password: string;
    sip_domain: string;
    phone: string;
  }>;
  exophones: readonly string[];
  simulated_numbers: Readonly<Record<string, string>>;
  /** Whether the simulated telephone network is on. */
  simulated_pstn: boolean;
}

export interface SoftphoneDeps {
  /** Folder of the built page. */
  pageFolder: string;
  demo: () => Promise<SoftphoneDemo | undefined>;
  /** Lets the simulated telephone network call an agent. */
  callMe: (userId: string) => Promise<{ id: string; to: string }>;
  tokens: AccessTokens;
  /** True while HTTP listens on loopback only: then the person at this machine needs no sign-in for the demo. */
  isLocalOnly: boolean;
}

const CallMeRequest = Type.Object(
  { user_id: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
);

const localNames = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/**
 * `/softphone` and what it asks. Demo agents' passwords are given without sign-in only on a server that listens on loopback,
 * only under a loopback host name (a foreign page that rebinds its name to 127.0.0.1 gets 401), and not through a proxy.
 */
export async function softphoneRoutes(app: FastifyInstance, deps: SoftphoneDeps): Promise<void> {
  await app.register(fastifyStatic, {
    root: deps.pageFolder,
    prefix: '/softphone/',
    index: ['index.html'],
    cacheControl: true,
    maxAge: 0,
  });
  app.get('/softphone', { schema: { hide: true } }, (request, reply) => {
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
    return reply.redirect(`/softphone/${query}`);
  });

  const signedIn = requireRole(deps.tokens, 'agent');
  const allow = async (request: FastifyRequest): Promise<void> => {
    const isLocal = deps.isLocalOnly && localNames.test(request.headers.host ?? '') && !wasForwarded(request);
    if (!isLocal) await signedIn(request);
  };

  app.get('/softphone/agents', { schema: { hide: true }, preHandler: allow }, async (request, reply) => {
    const demo = await deps.demo();
    if (demo === undefined) throw ApiError.notFound('demo tenant');
    const scheme = request.protocol === 'https' ? 'wss' : 'ws';
    return reply
      .header('cache-control', 'no-store')
      .send({ ...demo, ws_url: `${scheme}://${request.headers.host}/wss` });
  });

  app.post<{ Body: { user_id: string } }>(
    '/softphone/call-me',
    { schema: { hide: true, body: CallMeRequest }, preHandler: allow },
    async (request, reply) => reply.status(202).send(await deps.callMe(request.body.user_id)),
  );
}
