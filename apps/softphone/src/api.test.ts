import { afterEach, expect, it, vi } from 'vitest';
import { callMe, signIn } from './api.js';

afterEach(() => vi.unstubAllGlobals());

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

it('two requests whose token has run out are served by one refresh, and nobody is signed out', async () => {
  let valid = 'access-1';
  const refreshes: string[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path === '/api/v1/auth/login') return json(200, { access_token: 'access-1', refresh_token: 'refresh-1' });
    if (path === '/api/v1/auth/refresh') {
      refreshes.push(JSON.parse(String(init.body)).refresh_token);
      valid = 'access-2';
      return refreshes.length === 1 ? json(200, { access_token: valid, refresh_token: 'refresh-2' }) : json(401, {});
    }
    const shown = new Headers(init.headers).get('authorization');
    return json(shown === `Bearer ${valid}` ? 200 : 401, {});
  });
  await signIn('a@example.com', 'password');
  valid = 'another';
  await Promise.all([callMe('u1'), callMe('u2')]);
  expect(refreshes).toEqual(['refresh-1']);
});
