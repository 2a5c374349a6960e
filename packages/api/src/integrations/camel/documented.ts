import { CamelFailure } from '@intermix/contracts';
import type { TSchema } from 'typebox';

/** What a route of this generation says of itself in the OpenAPI document. */
export function documented(
  about: {
    tag: string;
    summary: string;
    description?: string;
    operationId: string;
    token: 'none' | 'token' | 'account';
  },
  answer: TSchema,
  refusals: readonly number[],
) {
  return {
    tags: [`integrations: ${about.tag}`],
    summary: about.summary,
    ...(about.description !== undefined && { description: about.description }),
    operationId: about.operationId,
    security: securityOf[about.token],
    response: {
      200: answer,
      ...Object.fromEntries([...refusals, 500].map((status) => [status, failures[status] ?? CamelFailure])),
    },
  };
}

const securityOf: Readonly<Record<'none' | 'token' | 'account', readonly Record<string, readonly string[]>[]>> = {
  none: [],
  token: [{ integrationToken: [] }],
  account: [{ accessToken: [] }, { accountKey: [] }],
};

const failed = (description: string): TSchema => ({ ...CamelFailure, description });

const failures: Readonly<Record<number, TSchema>> = {
  400: failed('A field is missing or wrong; Error names it and the cure'),
  401: failed('No token, an expired, revoked or unknown one, or one of the other entity'),
  404: failed('There is no such thing in this app or account'),
  409: failed('Not now: Error says why'),
  429: failed('Too many wrong tries; Retry-After says how long to wait'),
  500: failed('Unforeseen; the server’s log has the RequestId'),
  503: failed('The part that would do this is off'),
};
