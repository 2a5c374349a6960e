import { join } from 'node:path';
import { type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled, matcherOf, readGolden, valueAt } from '../support/golden.js';
import { IntegrationsApi } from '../support/integrations.js';

const samples = readGolden(join(repositoryRoot(), 'tests', 'integrations', 'golden'));

describe('the vendor’s samples of the CamelCase generation, in order', () => {
  let server: RunningServer;
  let api: IntegrationsApi;
  const known: Record<string, string> = {};

  beforeAll(async () => {
    server = await startServer();
    api = new IntegrationsApi(server);
    const { account, exophones, simulated_numbers } = server.bootstrap;
    known.account_basic = api.basic();
    known.account_sid = account.sid;
    known.api_key = account.api_key;
    known.api_token = account.api_token;
    known.exophone = exophones[0] ?? '';
    known.other_exophone = exophones[1] ?? '';
    known.echo_number = simulated_numbers.echo;
  });
  afterAll(() => server?.stop());

  it.each(samples)('$name: $about', async (sample) => {
    const { request, response } = filled({ request: sample.request, response: sample.response }, known);
    const { method, path, authorization, body } = request;
    const answer = await api.ask(method, path, { ...(authorization && { token: authorization }), body });
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: response.status,
      body: matcherOf(response.body),
    });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    for (const [name, at] of Object.entries(sample.keep ?? {})) known[name] = valueAt(answer.body, at);
  });

  it('holds nothing back: every token of what was deleted is dead', async () => {
    for (const token of [known.app_token, known.customer_token])
      expect((await api.ask('GET', '/app', { token: token ?? '' })).status).toBe(401);
  });
});
