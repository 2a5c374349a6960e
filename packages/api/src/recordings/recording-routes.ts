import { RecordingCreate, RecordingList, RecordingRead, RecordingSettings } from '@intermix/contracts';
import type { Recording, RecordingService, RecordingSettingsStore } from '@intermix/recordings';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { recordingRead, recordingSettingsOf, recordingSettingsRead } from './recording-mapping.js';

export interface RecordingRoutesDeps {
  recordings: Pick<
    RecordingService,
    'ofCall' | 'startFor' | 'pause' | 'resume' | 'stopFor' | 'delete' | 'isPaused' | 'urls' | 'find' | 'open'
  >;
  settings: RecordingSettingsStore;
  tokens: AccessTokens;
}

const CallPath = Type.Object({ call_sid: Type.String({ maxLength: 128 }) });
const RecordingPath = Type.Object({ ...CallPath.properties, recording_sid: Type.String({ maxLength: 64 }) });
const AppPath = Type.Object({ app_id: Type.String({ maxLength: 128 }) });
type RecordingParams = { call_sid: string; recording_sid: string };

const tags = ['recordings'];
const security = [{ accessToken: [] }];
const base = '/api/v1/calls/:call_sid/recordings';

/** `/api/v1/calls/{call_sid}/recordings`: what there is of a call, and a recording's life while the call is up. */
export function recordingRoutes(app: FastifyInstance, deps: RecordingRoutesDeps): void {
  const { recordings, tokens } = deps;
  const supervisor = requireRole(tokens, 'supervisor');
  const read = (one: Recording) =>
    recordingRead(one, { urls: recordings.urls, isPaused: recordings.isPaused(one.recordingSid) });

  app.get<{ Params: { call_sid: string } }>(
    base,
    {
      preHandler: supervisor,
      schema: {
        ...{ tags, security, operationId: 'listRecordings', summary: 'Recordings of a call, oldest first' },
        ...{ params: CallPath, response: { 200: RecordingList } },
      },
    },
    async (request) => {
      const found = await recordings.ofCall(adminOf(request).accountSid, request.params.call_sid);
      return { items: found.map(read) };
    },
  );

  app.post<{ Params: { call_sid: string }; Body: RecordingCreate | null }>(
    base,
    {
      preHandler: supervisor,
      config: { audit: { id: (_request, answer) => (answer as RecordingRead | undefined)?.recording_sid } },
      schema: {
        ...{ tags, security, operationId: 'startRecording', summary: 'Record a call that is up, from now on' },
        ...{ params: CallPath, body: Type.Union([RecordingCreate, Type.Null()]), response: { 201: RecordingRead } },
      },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const started = await recordings.startFor(accountSid, request.params.call_sid, request.body ?? {});
      return reply.status(201).send(read(started));
    },
  );

  const steps = [
    ['pause', 'Write nothing of what is said until it is resumed', recordings.pause],
    ['resume', 'Go on with a paused recording', recordings.resume],
    ['stop', 'End the recording; the call goes on', recordings.stopFor],
  ] as const;
  for (const [word, summary, step] of steps) {
    app.post<{ Params: RecordingParams }>(
      `${base}/:recording_sid/${word}`,
      {
        preHandler: supervisor,
        config: { audit: { resource: 'recording' } },
        schema: {
          ...{ tags, security, operationId: `${word}Recording`, summary },
          ...{ params: RecordingPath, response: { 200: RecordingRead } },
        },
      },
      async (request) => {
        const { call_sid: callSid, recording_sid: sid } = request.params;
        return read(await step.call(recordings, adminOf(request).accountSid, callSid, sid));
      },
    );
  }

  app.delete<{ Params: RecordingParams }>(
    `${base}/:recording_sid`,
    {
      preHandler: requireRole(tokens, 'admin'),
      schema: {
        ...{ tags, security, operationId: 'deleteRecording', summary: 'Delete a recording with its sound' },
        ...{ params: RecordingPath, response: { 204: Type.Null() } },
      },
    },
    async (request, reply) => {
      const { call_sid: callSid, recording_sid: sid } = request.params;
      await recordings.delete(adminOf(request).accountSid, callSid, sid);
      return reply.status(204).send(null);
    },
  );

  recordingSettingRoutes(app, deps);
}

/** `/api/v1/apps/{app_id}/recording`: how an app's calls are recorded. Whether they are is `recording_enabled` of its settings. */
function recordingSettingRoutes(app: FastifyInstance, { settings, tokens }: RecordingRoutesDeps): void {
  const path = '/api/v1/apps/:app_id/recording';
  const common = { tags, security, params: AppPath, response: { 200: RecordingSettings } };
  const before = async (request: FastifyRequest<{ Params: { app_id: string } }>) => {
    const found = await settings.find(adminOf(request).accountSid, request.params.app_id);
    return found && recordingSettingsRead(found);
  };

  app.get<{ Params: { app_id: string } }>(
    path,
    {
      preHandler: requireRole(tokens, 'supervisor'),
      schema: { ...common, operationId: 'getRecordingSettings', summary: 'How an app’s calls are recorded' },
    },
    async (request) => {
      const found = await settings.find(adminOf(request).accountSid, request.params.app_id);
      if (!found) throw ApiError.notFound('app');
      return recordingSettingsRead(found);
    },
  );

  app.put<{ Params: { app_id: string }; Body: RecordingSettings }>(
    path,
    {
      preHandler: requireRole(tokens, 'admin'),
      config: { audit: { resource: 'recording-settings', before } },
      schema: {
        ...common,
        ...{
          operationId: 'putRecordingSettings',
          summary: 'Say how an app’s calls are recorded',
          body: RecordingSettings,
        },
      },
    },
    async (request) => {
      const wanted = recordingSettingsOf(request.body);
      const isThere = await settings.put(adminOf(request).accountSid, request.params.app_id, wanted);
      if (!isThere) throw ApiError.notFound('app');
      return recordingSettingsRead(wanted);
    },
  );
}
