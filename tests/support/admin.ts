import type { CallRead, SimulatorCallRead, SimulatorCallRequest } from '@intermix/contracts';
import { eventually, type RunningServer } from '@intermix/testkit';

/** The administration API of a running server, as an operator's script would use it. */
export class AdminApi {
  readonly #server: Pick<RunningServer, 'baseUrl' | 'bootstrap'>;
  #token: string | undefined;

  constructor(server: Pick<RunningServer, 'baseUrl' | 'bootstrap'>) {
    this.#server = server;
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
    let response = await this.#fetch(method, path, body);
    if (response.status === 401) {
      this.#token = undefined; // It expired: a test may run for longer than a token lasts.
      response = await this.#fetch(method, path, body);
    }
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async #fetch(method: string, path: string, body: unknown): Promise<Response> {
    this.#token ??= await this.#signIn();
    return fetch(`${this.#server.baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Sends a form with files. */
  async upload(path: string, form: FormData): Promise<{ status: number; body: any }> {
    this.#token ??= await this.#signIn();
    const headers = { authorization: `Bearer ${this.#token}` };
    const response = await fetch(`${this.#server.baseUrl}${path}`, { method: 'POST', headers, body: form });
    return { status: response.status, body: await response.json() };
  }

  /** Someone on the simulated network calls one of our numbers. */
  async simulatedCall(request: SimulatorCallRequest): Promise<SimulatorCallRead> {
    const { status, body } = await this.request('POST', '/api/v1/simulator/calls', request);
    if (status !== 201) throw new Error(`simulated call: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async simulatedCalls(): Promise<SimulatorCallRead[]> {
    return (await this.request('GET', '/api/v1/simulator/calls')).body.items;
  }

  /** Waits until a simulated call looks as wanted; `find` picks it (default: the newest one). */
  async expectSimulated(
    what: string,
    holds: (call: SimulatorCallRead) => boolean,
    options: { id?: string; timeoutMs?: number } = {},
  ): Promise<SimulatorCallRead> {
    let last: SimulatorCallRead | undefined;
    return eventually(
      async () => {
        const calls = await this.simulatedCalls();
        const byStart = [...calls].sort((a, b) => a.started_at.localeCompare(b.started_at));
        last = options.id === undefined ? byStart.at(-1) : calls.find((call) => call.id === options.id);
        return last && holds(last) ? last : undefined;
      },
      { timeoutMs: options.timeoutMs ?? 10_000, everyMs: 25, message: `the simulated party to see: ${what}` },
    ).catch((error) => {
      throw new Error(`${error.message}; it stands: ${JSON.stringify(last)}`);
    });
  }

  /** The newest call record. */
  async lastCall(): Promise<CallRead> {
    const { body } = await this.request('GET', '/api/v1/calls?limit=1');
    return (await this.request('GET', `/api/v1/calls/${body.items[0].call_sid}`)).body;
  }

  async expectLastCall(what: string, holds: (call: CallRead) => boolean, timeoutMs = 10_000): Promise<CallRead> {
    let last: CallRead | undefined;
    return eventually(
      async () => {
        last = await this.lastCall();
        return holds(last) ? last : undefined;
      },
      { timeoutMs, everyMs: 25, message: `the call record to say: ${what}` },
    ).catch((error) => {
      throw new Error(`${error.message}; it says: ${JSON.stringify(last)}`);
    });
  }

  async #signIn(): Promise<string> {
    const response = await fetch(`${this.#server.baseUrl}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(this.#server.bootstrap.admin),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }
}
