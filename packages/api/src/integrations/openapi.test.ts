import { expect, it } from 'vitest';
import { makeApi } from '../testing/make-api.js';

/** Every operation of the CamelCase generation, as the OpenAPI document has it. */
async function operations(): Promise<[name: string, operation: any][]> {
  const { app } = await makeApi();
  await app.ready();
  const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, any>> };
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v2/integrations/') && !path.startsWith('/v2/integrations/{'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, any] => [`${method} ${path}`, operation]),
    );
}

it('documents every call of the CamelCase generation with its answers, its refusals and an example', async () => {
  const all = await operations();
  expect(all.length).toBeGreaterThanOrEqual(21);
  expect(new Set(all.map(([, { operationId }]) => operationId)).size).toBe(all.length);
  for (const [name, { operationId, summary, tags, security, responses, requestBody }] of all) {
    expect({ name, operationId, summary, tags }).toEqual({
      name,
      operationId: expect.stringMatching(/^[a-z]\w+$/),
      summary: expect.stringMatching(/^[A-Z]/),
      tags: [expect.stringMatching(/^integrations: /)],
    });
    const needsToken = security.length > 0;
    expect(Object.keys(responses), name).toEqual(
      expect.arrayContaining(['200', '500', ...(needsToken ? ['401'] : [])]),
    );
    for (const [status, { description, content }] of Object.entries<any>(responses)) {
      const { properties } = content['application/json'].schema;
      expect(Object.keys(properties), name).toEqual(['RequestId', 'Status', 'Code', 'Error', 'Data']);
      expect(properties.Status.enum, name).toEqual([status === '200' ? 'Success' : 'Failed']);
      expect(description, name).not.toBe('Default Response');
    }
    if (!requestBody) continue;
    const { schema, example, examples } = requestBody.content['application/json'];
    expect(example ?? examples ?? schema.examples, name).toBeDefined();
    expect(Object.keys(responses), name).toContain('400');
  }
});
