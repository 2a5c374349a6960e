import { SnakeFailure } from '@intermix/contracts';
import type { TSchema } from 'typebox';

/** What a route of this generation says of itself in the OpenAPI document. */
export function documented(
  about: { tag: string; summary: string; description?: string; operationId: string; status?: 200 | 201 },
  answer: TSchema,
  refusals: readonly number[],
) {
  return {
    tags: [`integrations: ${about.tag}`],
    summary: about.summary,
    ...(about.description !== undefined && { description: about.description }),
    operationId: about.operationId,
    security: [{ integrationToken: [] }],
    response: {
      [about.status ?? 200]: answer,
      ...Object.fromEntries([...refusals, 401, 404, 500].map((status) => [status, failure(status)])),
    },
  };
}

const meanings: Readonly<Record<number, { description: string; message: string }>> = {
  400: {
    description: 'A field is missing or wrong; the message names it and the cure',
    message: '"user_id" is missing.',
  },
  401: {
    description: 'No token, or an expired, revoked or unknown one',
    message: 'The token is not known, or was revoked; POST /v2/integrations/token gives one.',
  },
  404: {
    description: 'There is no such thing in this app, or the address is not that of the token',
    message: 'There is no such app: the token is of another customer or app than the address.',
  },
  429: {
    description: 'Too many of these; Retry-After says how long to wait',
    message: 'At most 60 of these a minute: wait.',
  },
  500: {
    description: 'Unforeseen; the server’s log says why',
    message: 'The server could not do this; its log says why.',
  },
};

function failure(status: number): TSchema {
  const { description, message } = meanings[status] ?? { description: 'Refused', message: '' };
  const examples = [{ success: false, error: { code: status, message } }];
  return { ...SnakeFailure, description, examples };
}
