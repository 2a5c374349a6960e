import multipart from '@fastify/multipart';
import { listOf, PromptCreate, PromptRead } from '@intermix/contracts';
import { maxAudioBytes, type PromptLibrary, type PromptRecord, type PromptSource } from '@intermix/speech';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { takeUpload } from './prompt-upload.js';

export interface PromptRoutesDeps {
  prompts: Pick<PromptLibrary, 'create' | 'list' | 'find' | 'audioOf' | 'delete'>;
  tokens: AccessTokens;
}

const base = '/api/v1/prompts';
const PromptPath = Type.Object({ prompt_id: Type.String({ maxLength: 128 }) });
type PromptParams = { Params: { prompt_id: string } };

const documented = (summary: string, operationId: string) => ({
  tags: ['prompts'],
  summary,
  operationId,
  security: [{ accessToken: [] }],
});

/** `/api/v1/prompts`: what flows and calls play. In a scope of its own, as no other route takes files like these. */
export async function promptRoutes(app: FastifyInstance, deps: PromptRoutesDeps): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(multipart, {
      throwFileSizeLimit: false, // Told as what is wrong with the audio, by the reader of the upload.
      limits: { fileSize: maxAudioBytes + 1, files: 1, fields: 4, fieldSize: 8_192, headerPairs: 100 },
    });
    writePrompts(scope, deps);
    readPrompts(scope, deps);
  });
}

function writePrompts(app: FastifyInstance, { prompts, tokens }: PromptRoutesDeps): void {
  const write = requireRole(tokens, 'admin');
  const before = async (request: FastifyRequest<PromptParams>) => {
    const prompt = await prompts.find(adminOf(request).accountSid, request.params.prompt_id);
    return prompt && promptRead(prompt);
  };

  app.post<{ Body: PromptCreate }>(
    base,
    {
      onRequest: write, // Before ten megabytes are read of somebody unknown.
      preValidation: takeUpload,
      schema: {
        ...documented('Add a prompt: audio as multipart/form-data, or a text to speak as JSON', 'createPrompt'),
        consumes: ['application/json', 'multipart/form-data'],
        body: PromptCreate,
        response: { 201: PromptRead },
      },
    },
    async (request, reply) => {
      const { accountSid } = adminOf(request);
      const prompt = await prompts.create(accountSid, request.body.name, sourceOf(request.body));
      return reply.status(201).send(promptRead(prompt));
    },
  );

  app.delete<PromptParams>(
    `${base}/:prompt_id`,
    {
      onRequest: write,
      config: { audit: { before } },
      schema: {
        ...documented('Remove a prompt that no flow plays', 'deletePrompt'),
        params: PromptPath,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const deleted = await prompts.delete(adminOf(request).accountSid, request.params.prompt_id);
      if (!deleted) throw ApiError.notFound('prompt');
      return reply.status(204).send();
    },
  );
}

function readPrompts(app: FastifyInstance, { prompts, tokens }: PromptRoutesDeps): void {
  const read = requireRole(tokens, 'supervisor');

  app.get(
    base,
    {
      onRequest: read,
      schema: {
        ...documented('Prompts of the account, oldest first', 'listPrompts'),
        response: { 200: listOf(PromptRead) },
      },
    },
    async (request) => {
      const all = await prompts.list(adminOf(request).accountSid);
      return { items: all.map(promptRead), next_cursor: null };
    },
  );

  app.get<PromptParams>(
    `${base}/:prompt_id`,
    {
      onRequest: read,
      schema: { ...documented('One prompt', 'getPrompt'), params: PromptPath, response: { 200: PromptRead } },
    },
    async (request) => {
      const prompt = await prompts.find(adminOf(request).accountSid, request.params.prompt_id);
      if (prompt === undefined) throw ApiError.notFound('prompt');
      return promptRead(prompt);
    },
  );

  app.get<PromptParams>(
    `${base}/:prompt_id/audio`,
    {
      onRequest: read,
      schema: {
        ...documented('The WAV file that is played', 'getPromptAudio'),
        produces: ['audio/wav'],
        params: PromptPath,
      },
    },
    async (request, reply) => {
      const wav = await prompts.audioOf(adminOf(request).accountSid, request.params.prompt_id);
      if (wav === undefined) throw ApiError.notFound('prompt');
      return reply.header('content-type', 'audio/wav').header('cache-control', 'private, max-age=0').send(wav);
    },
  );
}

function sourceOf({ audio, text, voice }: PromptCreate): PromptSource {
  if (audio !== undefined && text !== undefined) throw ApiError.invalid('text', 'Give audio or a text, not both.');
  if (text !== undefined) return { text, voice };
  if (audio === undefined) throw ApiError.invalid('audio', 'Give audio as multipart/form-data, or a text to speak.');
  if (!Buffer.isBuffer(audio)) throw ApiError.invalid('audio', '"audio" must be a file of multipart/form-data.');
  return { audio };
}

function promptRead(prompt: PromptRecord): PromptRead {
  const { id, name, durationMs, bytes, sha256, createdAt } = prompt;
  return { id, name, duration_ms: durationMs, bytes, sha256, created_at: createdAt.toISOString() };
}
