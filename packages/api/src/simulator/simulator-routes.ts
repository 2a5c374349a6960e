import { normalizeNumber } from '@intermix/calls';
import { listOf, SimulatorCallRead, SimulatorCallRequest } from '@intermix/contracts';
import type { CallSnapshot, PlaceCallOptions } from '@intermix/simulator';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';

/** The simulated telephone network as the API needs it. */
export interface Simulator {
  placeCall(options: PlaceCallOptions): Promise<{ snapshot(): CallSnapshot }>;
  calls(): CallSnapshot[];
  hangup(id: string): boolean;
}

export interface SimulatorRoutesDeps {
  /** Undefined while it is off. */
  simulator: () => Simulator | undefined;
  tokens: AccessTokens;
}

const CallPath = Type.Object({ id: Type.String({ maxLength: 128 }) });

/** `/api/v1/simulator/calls`: let someone on the simulated network call one of our numbers, and see what they hear. */
export function simulatorRoutes(app: FastifyInstance, deps: SimulatorRoutesDeps): void {
  const preHandler = requireRole(deps.tokens, 'admin');
  const config = { audit: false } as const; // Nothing is changed: somebody on the simulated network calls.
  const documented = (summary: string, operationId: string) => ({
    tags: ['simulator'],
    summary,
    operationId,
    security: [{ accessToken: [] }],
  });
  const simulator = (): Simulator => {
    const running = deps.simulator();
    if (running) return running;
    throw ApiError.unavailable('The simulated telephone network is off: see INTERMIX_SIMULATED_PSTN.');
  };

  app.post<{ Body: SimulatorCallRequest }>(
    '/api/v1/simulator/calls',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Call one of our numbers', 'placeSimulatedCall'),
        body: SimulatorCallRequest,
        response: { 201: SimulatorCallRead },
      },
    },
    async (request, reply) => {
      const { to, from, answer_script } = request.body;
      const call = await simulator().placeCall({
        to: e164(to, 'to'),
        ...(from !== undefined && { from: from === 'anonymous' ? from : e164(from, 'from') }),
        ...(answer_script !== undefined && { answerScript: answer_script }),
      });
      return reply.status(201).send(simulatorCallRead(call.snapshot()));
    },
  );

  app.get(
    '/api/v1/simulator/calls',
    {
      preHandler,
      schema: {
        ...documented('Calls of the simulated network', 'listSimulatedCalls'),
        response: { 200: listOf(SimulatorCallRead) },
      },
    },
    async () => ({ items: simulator().calls().map(simulatorCallRead), next_cursor: null }),
  );

  app.delete<{ Params: { id: string } }>(
    '/api/v1/simulator/calls/:id',
    {
      ...{ preHandler, config },
      schema: {
        ...documented('The simulated party hangs up', 'hangupSimulatedCall'),
        params: CallPath,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      if (!simulator().hangup(request.params.id)) throw ApiError.notFound('simulated call');
      return reply.status(204).send();
    },
  );
}

function e164(text: string, field: string): string {
  const number = normalizeNumber(text);
  if (number.kind === 'e164') return number.number;
  throw ApiError.invalid(field, `"${field}" is no telephone number: give it as +<country code><number>.`);
}

function simulatorCallRead(call: CallSnapshot): SimulatorCallRead {
  return {
    ...call,
    answered_at: call.answered_at ?? null,
    ended_at: call.ended_at ?? null,
    end: call.end ?? null,
    codec: call.codec ?? null,
    hearing_hz: call.hearing_hz ?? null,
    tone_heard_hz: call.tone_heard_hz ?? null,
  };
}
