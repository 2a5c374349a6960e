import type { TestApi } from './make-api.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: any;
}

/** One request to an API in memory; `from`: address of the client. */
export async function ask(
  api: Pick<TestApi, 'app'>,
  method: Method,
  url: string,
  options: { token?: string | undefined; body?: unknown; from?: string } = {},
): Promise<Answer> {
  const answer = await api.app.inject({
    method,
    url,
    remoteAddress: options.from ?? '127.0.0.1',
    headers: options.token ? { authorization: `Bearer ${options.token}` } : {},
    ...(options.body === undefined ? {} : { payload: options.body as object }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : answer.json() };
}
