import { type SnakeSession, SnakeSessionAnswer, SnakeSessionCreate } from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestRate } from '../auth/request-rate.js';
import type { IntegrationParts } from '../parts.js';
import type { MappedUser, SipSessionGrant } from '../ports.js';
import { snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import { knownUser } from './known-user.js';
import type { PathScope } from './path-scope.js';
import { appBase, UserPath } from './paths.js';

const defaultLifetimeSec = 3_600;

/** Of a user: pages that are reloaded, in several tabs. Of an app: a shift that begins. */
const perUserAMinute = 60;
const perAppAMinute = 3_000;

/** `…/users/{user_id}/session`: a SIP password that is good for a while. An addition of ours. */
export function sessionRoutes(
  app: FastifyInstance,
  { sessions, deps, clock }: IntegrationParts,
  scope: PathScope,
): void {
  const ofUser = new RequestRate({ clock, perMinute: perUserAMinute });
  const ofApp = new RequestRate({ clock, perMinute: perAppAMinute });
  app.post<{ Params: { user_id: string }; Body: SnakeSessionCreate | undefined }>(
    `${appBase}/users/:user_id/session`,
    {
      onRequest: scope.requireApp(),
      config: { audit: false }, // Each page that is opened asks for one; it ends by itself.
      // No body stands for one that leaves everything to us.
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        ...documented(
          {
            tag: 'users',
            summary: 'A SIP password that is good for a while, for a page that is not to hold the lasting one',
            description:
              'At most 60 a minute for a user and 3,000 for an app. It ends before its time when the user is deleted.',
            operationId: 'openSession',
            status: 201,
          },
          SnakeSessionAnswer,
          [400, 429],
        ),
        params: UserPath,
        body: SnakeSessionCreate,
      },
    },
    async (request, reply) => {
      const own = scope.app(request);
      const { user_id: userId } = request.params;
      ofUser.take(JSON.stringify([own.appId, userId])); // First: what this refuses does not count against the app.
      ofApp.take(own.appId);
      const lifetimeSec = request.body?.expires_in ?? defaultLifetimeSec;
      const { user, grant } = await knownUser(userId, sessions.open(own, userId, lifetimeSec));
      const domain = `${user.accountSid}.${deps.sipDomain}`;
      const session = snakeSession(user, grant, { domain, websocketUrl: websocketUrl(request), now: clock.now() });
      return reply.status(201).header('cache-control', 'no-store').send(snakeSuccess(session));
    },
  );
}

/** Where the one who asks reaches us; behind a trusted proxy, where the proxy is reached. */
function websocketUrl({ protocol, host }: FastifyRequest): string {
  return `${protocol === 'https' ? 'wss' : 'ws'}://${host}/wss`;
}

function snakeSession(
  user: MappedUser,
  { authUsername, password, expiresAt, iceServers }: SipSessionGrant,
  { domain, websocketUrl, now }: { domain: string; websocketUrl: string; now: number },
): SnakeSession {
  return {
    username: user.sipUsername,
    auth_username: authUsername,
    password,
    domain,
    websocket_url: websocketUrl,
    expires_at: expiresAt.toISOString(),
    expires_in: Math.max(0, Math.round((expiresAt.getTime() - now) / 1000)),
    ice_servers: iceServers.map(({ urls, ...rest }) => ({ urls: [...urls], ...rest })),
  };
}
