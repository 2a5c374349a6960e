import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type Clock, createId, type Logger, systemRandom } from '@intermix/kernel';
import Fastify, { type FastifyInstance } from 'fastify';
import { auditRoutes } from './audit/audit-hook.js';
import type { AuditLog } from './audit/audit-log.js';
import { auditLogRoutes } from './audit/audit-routes.js';
import { AccessTokens } from './auth/access-tokens.js';
import type { AdminDirectory, AdminSessions } from './auth/admin.js';
import { BasicCredentials } from './auth/basic-credentials.js';
import { Passwords } from './auth/passwords.js';
import { guardRoutes } from './auth/route-access.js';
import { sessionRoutes } from './auth/session-routes.js';
import { SignIn } from './auth/sign-in.js';
import { type BotCallRoutesDeps, botCallRoutes } from './bots/bot-call-routes.js';
import { type BotRoutesDeps, botRoutes } from './bots/bot-routes.js';
import { type OrchestratorRoutesDeps, orchestratorRoutes } from './bots/orchestrator-routes.js';
import { type CallRoutesDeps, callRoutes } from './calls/call-routes.js';
import { type CarrierRoutesDeps, carrierRoutes } from './carriers/carrier-routes.js';
import { didRoutes } from './carriers/did-routes.js';
import { type ExotelIntegrationRoutesDeps, exotelIntegrationRoutes } from './exotel-integration/integration-routes.js';
import { type FleetRoutesDeps, fleetRoutes } from './fleet/fleet-routes.js';
import { type FlowRoutesDeps, flowRoutes } from './flows/flow-routes.js';
import { healthRoutes, type MetricsText, type Readiness } from './health/health-routes.js';
import { errorReply } from './http/error-reply.js';
import { warnOfProxy } from './http/proxy-warning.js';
import { serializerCompiler } from './http/serialization.js';
import { validatorCompiler } from './http/validation.js';
import { integrationFailureReply } from './integrations/http/failure-reply.js';
import { integrationsPrefix } from './integrations/http/generation.js';
import { allowOrigin, integrationRoutes } from './integrations/integration-routes.js';
import { type IntegrationDeps, makeParts } from './integrations/parts.js';
import { CallService } from './integrations/services/call-service.js';
import { peopleRoutes } from './people/people-routes.js';
import { PeopleService } from './people/people-service.js';
import { type PromptRoutesDeps, promptRoutes } from './prompts/prompt-routes.js';
import { downloadRoute } from './recordings/download-route.js';
import { type RecordingRoutesDeps, recordingRoutes } from './recordings/recording-routes.js';
import { type SdkDeps, sdkRoutes } from './sdk/sdk-routes.js';
import { type SettingsRoutesDeps, settingsRoutes } from './settings/settings-routes.js';
import { type SimulatorRoutesDeps, simulatorRoutes } from './simulator/simulator-routes.js';
import { type SoftphoneDeps, softphoneRoutes } from './softphone/softphone-routes.js';
import { voiceFailureReply } from './voice/http/rest-exception.js';
import { canonicalVoicePath, voicePrefix } from './voice/http/voice-path.js';
import { makeVoiceParts } from './voice/parts.js';
import type { VoiceDeps } from './voice/ports.js';
import { voiceRoutes } from './voice/voice-routes.js';
import { type DeliveryRoutesDeps, deliveryRoutes } from './webhooks/delivery-routes.js';

export interface ApiDeps {
  logger: Logger;
  clock: Clock;
  version: string;
  /** PEM texts; undefined: plain HTTP. */
  tls?: { cert: string; key: string };
  /**
   * Addresses and networks (CIDR) of reverse proxies: of their requests the source is what `X-Forwarded-For` says.
   * Undefined: the source is whoever connects.
   */
  trustedProxies?: readonly string[];
  /** At least 32 octets; signs access tokens. */
  tokenKey: Uint8Array;
  admins: AdminDirectory;
  sessions: AdminSessions;
  audit: AuditLog;
  carriers: CarrierRoutesDeps['carriers'];
  calls: CallRoutesDeps['calls'];
  deliveries: DeliveryRoutesDeps['deliveries'];
  prompts: PromptRoutesDeps['prompts'];
  recordings: Omit<RecordingRoutesDeps, 'tokens'>;
  flows: Pick<FlowRoutesDeps, 'flows' | 'facts'>;
  exotel: ExotelIntegrationRoutesDeps['exotel'];
  settings: SettingsRoutesDeps['settings'];
  botAddresses: BotRoutesDeps['addresses'] & OrchestratorRoutesDeps['addresses'];
  fleet: Omit<FleetRoutesDeps, 'tokens'>;
  bots: Pick<BotRoutesDeps, 'bots' | 'onDeleted'> &
    Pick<BotCallRoutesDeps, 'recordingUrlsOf'> &
    Pick<OrchestratorRoutesDeps, 'coreSecret'> & {
      calls: BotCallRoutesDeps['calls'] & OrchestratorRoutesDeps['calls'];
    };
  simulator: SimulatorRoutesDeps['simulator'];
  softphone: Omit<SoftphoneDeps, 'tokens'>;
  sdk: SdkDeps;
  integrations: IntegrationDeps;
  voice: VoiceDeps;
  readiness: Readiness;
  metrics: MetricsText;
  /** Called when a carrier was made, changed or removed. */
  onCarriersChanged: () => Promise<void>;
}

/** The HTTP side: one Fastify application, not yet listening. */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const plainFailure = errorReply(deps.logger);
  const integrationFailure = integrationFailureReply({ logger: deps.logger, random: systemRandom });
  const voiceFailure = voiceFailureReply(deps.logger);
  const app = Fastify({
    logger: false,
    bodyLimit: 256 * 1024,
    genReqId: () => createId('req_'),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 }, // Customers' ids of their users, percent-encoded.
    rewriteUrl: ({ url = '/' }) => canonicalVoicePath(url),
    // What no route is found for, as an address that is wrongly percent-encoded.
    frameworkErrors: (error, request, reply) => {
      const isIntegrations = request.url.startsWith(`${integrationsPrefix}/`);
      if (isIntegrations) allowOrigin(request, reply, deps.integrations.origins);
      const isVoice = canonicalVoicePath(request.url).startsWith(`${voicePrefix}/`);
      const failed = isIntegrations ? integrationFailure : isVoice ? voiceFailure : plainFailure;
      failed(error, request, reply);
    },
    ...(deps.tls ? { https: deps.tls } : {}),
    ...(deps.trustedProxies ? { trustProxy: [...deps.trustedProxies] } : {}),
  }) as unknown as FastifyInstance;
  if (!deps.trustedProxies) warnOfProxy(app, deps.logger);
  guardRoutes(app);
  auditRoutes(app, deps);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(plainFailure);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0];
    void reply
      .status(404)
      .send({ error: { code: 'ERR_NOT_FOUND', message: `There is no ${request.method} ${path} here; see /docs.` } });
  });

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Intermix',
        version: deps.version,
        description: 'Joins browsers and telephones, and speaks Exotel’s published interfaces.',
      },
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          integrationToken: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'A token of POST /v2/integrations/token, bare or behind "Bearer"',
          },
          accountKey: { type: 'http', scheme: 'basic', description: 'api_key:api_token of the account' },
        },
      },
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: {
      title: 'Intermix API',
      css: [{ filename: 'intermix.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  });

  const tokens = new AccessTokens({ key: deps.tokenKey, clock: deps.clock, sessions: deps.sessions });
  healthRoutes(app, deps);
  const common = { ...deps, tokens, passwords: new Passwords() };
  sessionRoutes(app, { ...common, signIn: new SignIn({ ...common, random: systemRandom }) });
  peopleRoutes(app, { ...common, people: new PeopleService(common) });
  auditLogRoutes(app, common);
  const carriers = { carriers: deps.carriers, tokens, onChanged: deps.onCarriersChanged };
  carrierRoutes(app, carriers);
  didRoutes(app, carriers);
  callRoutes(app, { calls: deps.calls, tokens, placing: new CallService(deps.integrations) });
  deliveryRoutes(app, { deliveries: deps.deliveries, tokens });
  flowRoutes(app, { ...deps.flows, tokens, clock: deps.clock });
  const botFacts = { settings: deps.settings, addresses: deps.botAddresses };
  const { bots, onDeleted } = deps.bots;
  botRoutes(app, { bots, onDeleted, facts: deps.flows.facts, ...botFacts, tokens });
  botCallRoutes(app, { ...deps.bots, tokens });
  orchestratorRoutes(app, { ...deps.bots, ...botFacts, clock: deps.clock });
  await promptRoutes(app, { prompts: deps.prompts, tokens });
  recordingRoutes(app, { ...deps.recordings, tokens });
  const credentials = new BasicCredentials({ accounts: deps.integrations.accounts, clock: deps.clock });
  downloadRoute(app, { ...deps.recordings, credentials, failed: voiceFailure });
  exotelIntegrationRoutes(app, { exotel: deps.exotel, tokens });
  settingsRoutes(app, { settings: deps.settings, tokens });
  fleetRoutes(app, { ...deps.fleet, tokens });
  simulatorRoutes(app, { simulator: deps.simulator, tokens });
  await softphoneRoutes(app, { ...deps.softphone, tokens });
  await sdkRoutes(app, deps.sdk);
  await voiceRoutes(app, makeVoiceParts(deps.voice, deps));
  await integrationRoutes(app, makeParts(deps.integrations, { ...deps, adminTokens: tokens }));
  return app;
}
