import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, repositoryRoot } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { filled, matcherOf, readGolden, valueAt } from '../../support/golden.js';
import { IntegrationsApi } from '../../support/integrations.js';
import { decryptSipSecret } from '../../support/sip-secret.js';

const samples = readGolden(join(repositoryRoot(), 'tests', 'integrations', 'golden'));

export const camelGolden = (theServer: () => RunningServer) =>
  describe('the vendor’s samples of the CamelCase generation, in order', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    const known: Record<string, string> = {};
    const sipPasswords: string[] = [];

    beforeAll(async () => {
      server = theServer();
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
      const { SipSecret } = [answer.body.Data].flat()[0] ?? {};
      if (SipSecret) sipPasswords.push(decryptSipSecret(SipSecret));
    });

    it('leave no secret in the log or in the data', () => {
      const names = ['customer_secret', 'app_secret', 'customer_token', 'app_token'];
      const secrets = [...names.map((name) => known[name] ?? ''), ...sipPasswords];
      expect(sipPasswords.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(secret.length).toBeGreaterThan(20);
      for (const secret of secrets) expect(server.logs()).not.toContain(secret);
      const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      );
      expect(files.length).toBeGreaterThan(10);
      for (const file of files) {
        const bytes = readFileSync(join(file.parentPath, file.name));
        for (const secret of secrets) expect(bytes.includes(secret), file.name).toBe(false);
      }
    });

    it('holds nothing back: every token of what was deleted is dead', async () => {
      for (const token of [known.app_token, known.customer_token])
        expect((await api.ask('GET', '/app', { token: token ?? '' })).status).toBe(401);
    });
  });
