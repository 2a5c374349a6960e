// The running Intermix server as an example's backend sees it: demo accounts, a call from the simulated network, and the
// token of the demo app. What only the backend may know (passwords of `bootstrap.json`) never reaches a page.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export class DemoServer {
  #dataFolder;
  #accessToken;

  constructor({ url, dataFolder }) {
    this.url = url.replace(/\/+$/, '');
    this.#dataFolder = dataFolder;
  }

  /** Demo agents with their SIP accounts, and the numbers of the simulated network. */
  async accounts() {
    const { agents, ws_url, simulated_numbers } = await this.#ask('/softphone/agents');
    return { agents, ws_url, simulated_numbers };
  }

  /** Lets the simulated network call an agent. */
  ring(userId) {
    return this.#ask('/softphone/call-me', { user_id: userId });
  }

  /** What a CRM's backend gives its page: a token of the app, never the app's secret. */
  async crmSession(userId) {
    const { app } = this.#bootstrap();
    const { Data: accessToken } = await this.#ask('/v2/integrations/token', {
      Id: app.id,
      Secret: app.secret,
      Entity: 'app',
    });
    return { accessToken, userId, host: this.url };
  }

  async #ask(path, body) {
    const answer = await this.#fetch(path, body);
    if (answer.status !== 401) return read(path, answer);
    // Not a server on loopback: it wants to know who asks, and again when the token has expired.
    const signIn = await this.#fetch('/api/v1/auth/login', this.#bootstrap().admin);
    this.#accessToken = (await read('/api/v1/auth/login', signIn)).access_token;
    return read(path, await this.#fetch(path, body));
  }

  async #fetch(path, body) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    if (this.#accessToken) headers.authorization = `Bearer ${this.#accessToken}`;
    const asked = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    try {
      return await fetch(`${this.url}${path}`, { ...asked, headers, signal: AbortSignal.timeout(10_000) });
    } catch {
      throw new Error(`No Intermix server answers at ${this.url}.`);
    }
  }

  #bootstrap() {
    const file = join(this.#dataFolder, 'bootstrap.json');
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      throw new Error(`${file} cannot be read: name the server's data folder with --data.`);
    }
  }
}

async function read(path, answer) {
  const body = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  throw new Error(body?.error?.message ?? `The server answered ${path} with ${answer.status}.`);
}
