import { LoginRequest, LoginResponse } from '@intermix/contracts';
import type { Clock } from '@intermix/kernel';
import { verify } from '@node-rs/argon2';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../http/api-error.js';
import type { AccessTokens } from './access-tokens.js';
import type { AdminDirectory } from './admin.js';
import { GuessLimit } from './guess-limit.js';

// The hash of a random text: an unknown e-mail address costs as much time as a wrong password.
const nobodyHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZS1maXhlZC1zYWx0$QxqJ0Pp2mP5lC0x4aF2yqY1o8m9b6w0q2Jv3oV1kT5M';

/** `POST /api/v1/auth/login`: e-mail and password against an access token. Guessing is slowed per source address. */
export function loginRoute(
  app: FastifyInstance,
  deps: { admins: AdminDirectory; tokens: AccessTokens; clock: Clock },
): void {
  const perPerson = new GuessLimit({ clock: deps.clock, allowed: 5, windowMs: 60_000 });
  const perSource = new GuessLimit({ clock: deps.clock, allowed: 30, windowMs: 60_000 });

  app.post<{ Body: LoginRequest }>(
    '/api/v1/auth/login',
    {
      config: { access: 'public' },
      schema: {
        tags: ['auth'],
        summary: 'Sign in',
        operationId: 'login',
        body: LoginRequest,
        response: { 200: LoginResponse },
      },
    },
    async (request) => {
      const email = request.body.email.trim().toLowerCase();
      const keys = { person: `${request.ip} ${email}`, source: request.ip };
      const waitSec = Math.max(perPerson.waitSec(keys.person), perSource.waitSec(keys.source));
      if (waitSec > 0) throw ApiError.tooMany('Too many wrong passwords: wait a minute.', waitSec);
      const admin = await deps.admins.findAdminByEmail(email);
      const isRight = await verify(admin?.passwordHash ?? nobodyHash, request.body.password).catch(() => false);
      if (admin === undefined || !isRight) {
        perPerson.failed(keys.person);
        perSource.failed(keys.source);
        throw ApiError.unauthorized('The e-mail address or the password is wrong.');
      }
      perPerson.succeeded(keys.person);
      const { token, expiresInSec } = await deps.tokens.issue(admin);
      return { access_token: token, token_type: 'Bearer', expires_in: expiresInSec };
    },
  );
}
