// The whole product as a process, with one carrier at our load generator, and two numbers that ring the first two demo users.
import { startServer } from '@intermix/testkit';

export const dialled = '+918040010001';
/** Rings the prober. */
export const probed = '+918040010199';

/** Starts the built server; `databaseUrl` undefined: the embedded database. */
export async function startRatedServer({ databaseUrl, ports }) {
  const server = await startServer({
    env: {
      INTERMIX_LOG_LEVEL: 'warn',
      // A pair rests 5 s after its call: 150 calls/s of a second need some 2,000 pairs.
      INTERMIX_RTP_PORT_MIN: '9000',
      INTERMIX_RTP_PORT_MAX: '19999',
      ...(databaseUrl ? { INTERMIX_DATABASE_URL: databaseUrl } : {}),
      // For a profile: BENCH_SERVER_NODE_OPTIONS='--cpu-prof --cpu-prof-dir=/tmp/profiles'.
      ...(process.env.BENCH_SERVER_NODE_OPTIONS ? { NODE_OPTIONS: process.env.BENCH_SERVER_NODE_OPTIONS } : {}),
    },
  });
  const admin = await signIn(server);
  const carrier = await admin('POST', '/api/v1/carriers', {
    ...{ name: 'SIPp', sip_address: `127.0.0.1:${ports.port(20)}`, transport: 'udp', destination_country: 'IN' },
    inbound_allowed_addresses: ['127.0.0.1'],
  });
  const [first, second] = server.bootstrap.users;
  for (const [number, user] of [
    [dialled, first],
    [probed, second],
  ]) {
    const target = { type: 'user', app_id: server.bootstrap.app.id, user_id: user.user_id };
    await admin('POST', `/api/v1/carriers/${carrier.id}/dids`, { number, target });
  }
  return { server, admin };
}

/** The administration API with a token. */
export async function signIn(server) {
  let token;
  const send = (method, path, body) =>
    fetch(`${server.baseUrl}${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const login = async () => {
    const response = await send('POST', '/api/v1/auth/login', server.bootstrap.admin);
    token = (await response.json()).access_token;
  };
  const request = async (method, path, body) => {
    let response = await send(method, path, body);
    if (response.status === 401) {
      await login(); // A run may last longer than a token.
      response = await send(method, path, body);
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  await login();
  return Object.assign(request, { token });
}

/** One figure of /metrics. */
export async function metric(server, name) {
  const text = await (await fetch(`${server.baseUrl}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Sum over all labels. */
export async function metricSum(server, name) {
  const text = await (await fetch(`${server.baseUrl}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
