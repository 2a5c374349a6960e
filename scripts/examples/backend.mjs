// The few requests that an example's page sends to its own backend.

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const longestBody = 10_000;

/**
 * Answers `/api/…`; false when the path is another. Only for pages opened under a loopback name: a foreign site that leads its
 * own name to 127.0.0.1 gets nothing.
 */
export async function answerBackend(request, response, demo) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (!pathname.startsWith('/api/')) return false;
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  };
  if (!loopback.test(request.headers.host ?? '')) send(403, { message: 'This example answers on loopback only.' });
  else {
    try {
      await route(`${request.method} ${pathname}`, { request, searchParams, demo, send });
    } catch (error) {
      send(502, { message: error.message });
    }
  }
  return true;
}

async function route(what, { request, searchParams, demo, send }) {
  switch (what) {
    case 'GET /api/accounts':
      return send(200, await demo.accounts());
    case 'GET /api/crm-session':
      return send(200, await demo.crmSession(searchParams.get('user') ?? ''));
    case 'POST /api/ring': {
      const { user_id } = await readJson(request);
      await demo.ring(user_id);
      return send(202, {});
    }
    default:
      return send(404, { message: `There is no ${what}.` });
  }
}

async function readJson(request) {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new Error('JSON is expected.');
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > longestBody) throw new Error('That is too long.');
  }
  return JSON.parse(text);
}
