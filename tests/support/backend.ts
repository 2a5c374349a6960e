import type { RunningServer } from '@intermix/testkit';

/** What a refused order answers: the HTTP status and the vendor's number, read out of the `Error` document. */
export interface OrderAnswer {
  status: number;
  callSid: string | undefined;
  text: string;
}

/** A backend of the demo tenant's app, which places calls for its users. */
export class Backend {
  readonly #server: RunningServer;
  readonly #token: string;

  private constructor(server: RunningServer, token: string) {
    this.#server = server;
    this.#token = token;
  }

  static async signIn(server: RunningServer): Promise<Backend> {
    const { id: Id, secret: Secret } = server.bootstrap.app;
    const { text } = await ask(server, 'POST', '/token', undefined, { Id, Secret, Entity: 'app' });
    return new Backend(server, JSON.parse(text).Data);
  }

  async placeCall(userId: string, to: string): Promise<OrderAnswer> {
    const { status, text } = await ask(this.#server, 'POST', '/call/outbound_call', this.#token, {
      user_id: userId,
      to,
    });
    return { status, callSid: JSON.parse(text).Data?.CallSid, text };
  }

  /** Places a call that must be taken. */
  async call(userId: string, to: string): Promise<string> {
    const { status, callSid, text } = await this.placeCall(userId, to);
    if (status !== 200 || callSid === undefined) throw new Error(`outbound_call: ${status} ${text}`);
    return callSid;
  }

  async setDevice(userId: string, name: 'sip' | 'phone', isOn: boolean): Promise<void> {
    const body = { UserId: userId, DeviceName: name, DeviceStatus: isOn };
    const { status, text } = await ask(this.#server, 'PUT', '/device', this.#token, body);
    if (status !== 200) throw new Error(`device: ${status} ${text}`);
  }

  /** One of the app's settings; an empty value takes it away. */
  async setSetting(key: string, value: string): Promise<void> {
    const { status, text } = await ask(this.#server, 'POST', '/app_setting', this.#token, { Key: key, Value: value });
    if (status !== 200) throw new Error(`app_setting: ${status} ${text}`);
  }
}

async function ask(server: RunningServer, method: string, path: string, token: string | undefined, body: unknown) {
  const response = await fetch(`${server.baseUrl}/v2/integrations${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: token }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}
