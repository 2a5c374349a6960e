/** A demo agent with the SIP account that the page registers as. */
export interface Agent {
  user_id: string;
  name: string;
  sip_username: string;
  sip_password: string;
  sip_domain: string;
  phone?: string;
}

/** Answer of `GET /softphone/agents`. */
export interface Directory {
  agents: Agent[];
  ws_url: string;
  exophones?: string[];
  simulated_numbers?: Record<string, string>;
}

/** The server wants to know who is asking. */
export class SignInRequired extends Error {}

/** A refusal, in the server's words when it gave some. */
export class ServerRefusal extends Error {}

let accessToken: string | undefined;
let refreshToken: string | undefined;

export async function loadDirectory(): Promise<Directory> {
  const response = await request('/softphone/agents');
  const directory = (await response.json()) as Directory & { sign_in_required?: boolean };
  if (directory.sign_in_required && !directory.agents?.length) throw new SignInRequired();
  return directory;
}

/** Keeps the token in memory only: a reload asks again. */
export async function signIn(email: string, password: string): Promise<void> {
  const response = await fetch('/api/v1/auth/login', post({ email, password }));
  if (response.status === 401 || response.status === 403) {
    throw new ServerRefusal('E-mail or password is wrong. Check both and try again.');
  }
  if (!response.ok)
    throw new ServerRefusal(`The server could not sign you in (${response.status}). Try again in a moment.`);
  keep((await response.json()) as TokenPair);
}

interface TokenPair {
  access_token: string;
  refresh_token: string;
}

function keep(pair: TokenPair): void {
  accessToken = pair.access_token;
  refreshToken = pair.refresh_token;
}

let refreshing: Promise<boolean> | undefined;

/** The next access token, without asking the person; false when they have to sign in again. One at a time serves all who wait. */
function refresh(): Promise<boolean> {
  refreshing ??= nextTokens().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function nextTokens(): Promise<boolean> {
  const spent = refreshToken;
  refreshToken = undefined; // It is good once.
  if (spent === undefined) return false;
  const response = await fetch('/api/v1/auth/refresh', post({ refresh_token: spent }));
  if (response.ok) keep((await response.json()) as TokenPair);
  return response.ok;
}

/** Asks the simulated telephone network to ring this agent. */
export async function callMe(userId: string): Promise<void> {
  await request('/softphone/call-me', post({ user_id: userId }));
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response = await signedFetch(path, init);
  if (response.status === 401 && (await refresh())) response = await signedFetch(path, init);
  if (response.status === 401) throw new SignInRequired();
  if (!response.ok) throw new ServerRefusal(await reasonOf(response));
  return response;
}

function signedFetch(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (accessToken) headers.set('authorization', `Bearer ${accessToken}`);
  return fetch(path, { ...init, headers });
}

async function reasonOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined;
  const said = body?.error?.message;
  return said ? `The server refused: ${said}` : `The server refused (${response.status}). Try again in a moment.`;
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
