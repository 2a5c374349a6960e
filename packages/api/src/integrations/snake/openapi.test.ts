import { expect, it } from 'vitest';
import { makeApi } from '../../testing/make-api.js';

/** Every operation of the snake_case generation, as the OpenAPI document has it, and the ids of all that there are. */
async function operations(): Promise<{ own: [name: string, operation: any][]; ids: string[] }> {
  const { app } = await makeApi();
  await app.ready();
  const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, any>> };
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, any] => [`${method} ${path}`, operation]),
  );
  const own = all.filter(([name]) => name.includes(' /v2/integrations/{customer_id}'));
  return { own, ids: all.flatMap(([, { operationId }]) => operationId ?? []) };
}

it('documents every call of the snake_case generation with examples and with its refusals', async () => {
  const { own, ids } = await operations();
  expect(own.length).toBe(23);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  for (const [name, { summary, tags, security, responses, requestBody }] of own) {
    expect({ name, summary, tags, security }).toEqual({
      name,
      summary: expect.stringMatching(/^[A-Z]/),
      tags: [expect.stringMatching(/^integrations: /)],
      security: [{ integrationToken: [] }],
    });
    expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['401', '404', '500']));
    if (requestBody) expect(Object.keys(responses), name).toContain('400');
    for (const [status, { description, content }] of Object.entries<any>(responses)) {
      const { schema, example, examples } = content['application/json'];
      const [shown] = [example ?? examples ?? schema.examples].flat();
      expect(shown, `${name} ${status}`).toBeDefined();
      const told = JSON.stringify(shown);
      if (status.startsWith('2')) expect(told, name).toContain('"success":true');
      else {
        expect(told, name).toContain(`"success":false,"error":{"code":${status}`);
        expect(description, name).toMatch(/.{10}/);
      }
    }
    if (!requestBody) continue;
    const { schema, example, examples } = requestBody.content['application/json'];
    expect(example ?? examples ?? schema.examples, name).toBeDefined();
  }
});

it('leaves words that are no customer’s id to the other generation', async () => {
  const { app } = await makeApi();
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await app.inject({ method, url: '/v2/integrations/usermappings' });
    expect([method, answer.statusCode, answer.json().Status]).toEqual([method, 404, 'Failed']);
  }
  const id = '0123456789abcdef0123456789abcdef';
  const statuses = { GET: 401, DELETE: 401, POST: 405, PUT: 405, PATCH: 405 } as const;
  for (const [method, status] of Object.entries(statuses)) {
    const answer = await app.inject({ method: method as 'GET', url: `/v2/integrations/${id}` });
    expect([method, answer.statusCode, answer.json().success]).toEqual([method, status, false]);
  }
});
