import Fastify from 'fastify';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { serializerCompiler } from './serialization.js';

const Call = Type.Object({
  sid: Type.String(),
  price: Type.Union([Type.Number(), Type.Null()]),
  note: Type.Optional(Type.String()),
});

/** The same routes, with our compiler and with the one that Fastify has by itself. */
async function answers(isOurs: boolean): Promise<string[]> {
  const app = Fastify();
  if (isOurs) app.setSerializerCompiler(serializerCompiler);
  const schema = {
    response: { 200: Type.Object({ calls: Type.Array(Call) }), '4xx': Type.Object({ error: Type.String() }) },
  };
  app.get('/calls', { schema }, async () => ({ calls: [{ sid: 'a"b', price: null, secret: 'x' }], total: 7 }));
  app.get('/refused', { schema }, async (_, reply) => reply.status(404).send({ error: 'no', stack: 'x' }));
  app.get('/broken', { schema }, async () => ({ calls: [{ price: 1 }] }));
  const paths = ['/calls', '/refused', '/broken', '/calls'];
  return Promise.all(paths.map(async (path) => (await app.inject({ path })).body));
}

it('writes what the schema names and nothing else, as Fastify does by itself', async () => {
  const ours = await answers(true);
  expect(ours).toEqual(await answers(false));
  expect(ours[0]).toBe('{"calls":[{"sid":"a\\"b","price":null}]}');
  expect(ours[1]).toBe('{"error":"no"}');
  expect(JSON.parse(ours[2] ?? '')).toMatchObject({ statusCode: 500 });
});

it('looks at a schema when it is first written by, and once for all who have it', () => {
  let looked = 0;
  const schema = Object.defineProperty({ type: 'string' }, 'title', {
    enumerable: true,
    get: () => `seen ${++looked}`,
  });
  const route = { schema, method: 'GET', url: '/', httpStatus: '200' };
  const [one, other] = [serializerCompiler(route), serializerCompiler(route)];
  expect(looked).toBe(0);
  expect([one('a'), other('b')]).toEqual(['"a"', '"b"']);
  const before = looked;
  expect([one('c'), other('d'), looked]).toEqual(['"c"', '"d"', before]);
});
