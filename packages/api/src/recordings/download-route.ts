import { Readable } from 'node:stream';
import { type ByteRange, contentTypeOf, extensionOf, type Recording } from '@intermix/recordings';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { BasicCredentials } from '../auth/basic-credentials.js';
import { ApiError } from '../http/api-error.js';
import { refusalsOf } from '../voice/http/documented.js';
import type { voiceFailureReply } from '../voice/http/rest-exception.js';
import { readRange } from './byte-range.js';
import type { RecordingRoutesDeps } from './recording-routes.js';

export interface DownloadRouteDeps {
  recordings: RecordingRoutesDeps['recordings'];
  credentials: Pick<BasicCredentials, 'accountOf'>;
  /** Answers what fails, as all of `/v1/Accounts` does. */
  failed: ReturnType<typeof voiceFailureReply>;
}

const DownloadPath = Type.Object({
  account_sid: Type.String({ maxLength: 128 }),
  file: Type.String({ maxLength: 80, description: 'The recording’s id with .mp3 or .wav' }),
});
const DownloadQuery = Type.Object({
  expires: Type.Optional(Type.String({ pattern: '^[0-9]{1,12}$' })),
  signature: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
});
const sound = { 'audio/mpeg': { schema: Type.Any() }, 'audio/wav': { schema: Type.Any() } };
interface Download {
  Params: { account_sid: string; file: string };
  Querystring: { expires?: string; signature?: string };
}

/**
 * `/v1/Accounts/{account_sid}/Recordings/{recording_sid}.mp3`: the sound, for the account's key pair by HTTP Basic or for
 * whoever has a signed address that has not expired. A part of it by `Range`.
 */
export function downloadRoute(app: FastifyInstance, deps: DownloadRouteDeps): void {
  app.get<Download>(
    '/v1/Accounts/:account_sid/Recordings/:file',
    {
      schema: {
        tags: ['recordings'],
        summary: 'The sound of a recording',
        description: 'For the account’s key pair, or by the signed address that a call’s RecordingUrl is.',
        operationId: 'downloadRecording',
        security: [{ accountKey: [] }],
        params: DownloadPath,
        querystring: DownloadQuery,
        response: {
          200: { description: 'All of it', content: sound },
          206: { description: 'The part that Range asks for', content: sound },
          ...refusalsOf(400, 401, 403, 404, 416, 429, 500, 503),
        },
      },
      errorHandler: deps.failed,
    },
    async (request, reply) => {
      const { account_sid: accountSid, file } = request.params;
      const [, sid = '', extension = ''] = /^(rec_[0-9a-f]{1,60})\.(mp3|wav)$/.exec(file) ?? [];
      await admit(request, sid, deps);
      const recording = sid === '' ? undefined : await deps.recordings.find(accountSid, sid);
      const isThere = recording?.location !== undefined && extensionOf(recording.format) === extension;
      if (!isThere) throw ApiError.notFound('recording');
      return send(recording, request, reply, deps);
    },
  );
}

/** By signature when there is one, else by key pair. Another account's key pair learns nothing: 404. */
async function admit(request: FastifyRequest<Download>, recordingSid: string, deps: DownloadRouteDeps): Promise<void> {
  const { account_sid: accountSid } = request.params;
  const { expires, signature } = request.query;
  if (expires !== undefined && signature !== undefined) {
    const found = deps.recordings.urls.check({ accountSid, recordingSid, expires, signature });
    if (found === 'valid') return;
    if (found === 'expired') throw ApiError.forbidden('This address has expired: ask for a new one.');
  }
  const account = await deps.credentials.accountOf(request.ip, request.headers.authorization);
  if (account === undefined)
    throw ApiError.unauthorized('Send api_key:api_token of the account by HTTP Basic, or use a signed address.');
  if (account !== accountSid) throw ApiError.notFound('recording');
}

async function send(
  recording: Recording,
  request: FastifyRequest,
  reply: FastifyReply,
  { recordings }: DownloadRouteDeps,
): Promise<FastifyReply> {
  const { bytes } = recording;
  const range = readRange(request.headers.range, bytes);
  void reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store');
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${bytes}`);
    throw new ApiError(416, 'ERR_REQUEST', 'The recording has no such part.', 'range');
  }
  // Of HEAD only the headers go out; the framework would count nothing as no octets.
  const stream = request.method === 'HEAD' ? Readable.from([]) : await recordings.open(recording, range);
  if (stream === undefined) throw ApiError.notFound('recording');
  // Whoever hangs up half-way must not leave a file or a connection open.
  reply.raw.once('close', () => stream.destroy());
  void reply
    .header('content-type', contentTypeOf(recording.format))
    .header('content-length', String(lengthOf(range, bytes)));
  if (range) void reply.status(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes}`);
  return reply.send(stream);
}

const lengthOf = (range: ByteRange | undefined, bytes: number): number =>
  range ? range.last - range.first + 1 : bytes;
