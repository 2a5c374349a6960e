import { join } from 'node:path';
import { type RunningServer, repositoryRoot } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { filled, matcherOf, readGolden, valueAt } from '../../support/golden.js';
import { IntegrationsApi } from '../../support/integrations.js';

const samples = readGolden(join(repositoryRoot(), 'tests', 'integrations', 'golden-snake'));

export const snakeGolden = (theServer: () => RunningServer) =>
  describe('the samples of the snake_case generation, in order', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    const known: Record<string, string> = {};

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      const { account, users } = server.bootstrap;
      const customer = await api.newCustomer('Acme Corp');
      const app = await api.newApp(customer);
      known.account_sid = account.sid;
      known.sip_domain = users[0]?.sip_domain ?? '';
      known.customer_id = customer.id;
      known.customer_token = customer.token;
      known.app_id = app.id;
      known.bearer = `Bearer ${app.token}`;
    });

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
      const path = `/${known.customer_id}`;
      const customer = await api.ask('GET', path, { token: known.customer_token ?? '' });
      const app = await api.ask('GET', `${path}/apps/${known.app_id}/settings`, { token: known.bearer ?? '' });
      expect([customer.status, app.status]).toEqual([401, 401]);
    });
  });
