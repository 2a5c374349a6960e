import type { FastifyInstance } from 'fastify';
import { MethodRefusals } from '../integrations/http/method-refusals.js';
import { accountRoutes } from './account/account-routes.js';
import { callRoutes } from './calls/call-routes.js';
import { readFormBodies } from './http/form-body.js';
import { codeOf, sendRestException, voiceFailureReply } from './http/rest-exception.js';
import { voicePrefix } from './http/voice-path.js';
import { connectRoute } from './orders/connect-route.js';
import type { VoiceParts } from './parts.js';

/** `/v1/Accounts/…`: a scope of its own, whose every answer is XML or JSON as the client asks. */
export async function voiceRoutes(app: FastifyInstance, parts: VoiceParts): Promise<void> {
  await app.register(
    async (scope) => {
      await readFormBodies(scope);
      scope.setValidatorCompiler(() => () => true); // The schemas document; values are read in any case of their names.
      scope.setErrorHandler(voiceFailureReply(parts.logger));
      scope.setNotFoundHandler((request, reply) => {
        const message = `There is no ${request.method} ${request.url.split('?', 1)[0]} here; see /docs.`;
        sendRestException(request, reply, { status: 404, message, code: codeOf(404) });
      });
      const refusals = new MethodRefusals();
      refusals.watch(scope);
      connectRoute(scope, parts);
      callRoutes(scope, parts);
      accountRoutes(scope, parts);
      refusals.refuseTheOthers(scope);
    },
    { prefix: voicePrefix },
  );
}
