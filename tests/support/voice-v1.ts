import type {
  SimulatorCallRead,
  VoiceAccountAnswer,
  VoiceActiveStreams,
  VoiceCall,
  VoiceCallDetailAnswer,
  VoiceCallList,
  VoiceRestException,
} from '@intermix/contracts';
import { eventually, type RunningServer } from '@intermix/testkit';
import { AdminApi } from './admin.js';

const patience = { timeoutMs: 10_000, everyMs: 50 };

export type DetailedCall = VoiceCallDetailAnswer['Call'];

/** What came back, whole. */
export interface VoiceAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** The Voice v1 API of a running server, as a customer's backend uses it: with the account's key pair. */
export class VoiceV1 {
  readonly #server: RunningServer;
  readonly #admin: AdminApi;

  constructor(server: RunningServer) {
    this.#server = server;
    this.#admin = new AdminApi(server);
  }

  /** `path` behind the account; an address as the API gives it, behind the server. A form makes it a POST. */
  async ask(path: string, form?: Record<string, string>): Promise<VoiceAnswer> {
    const { sid, api_key: key, api_token: token } = this.#server.bootstrap.account;
    const url = path.startsWith('/') ? path : `/v1/Accounts/${sid}/${path}`;
    const response = await fetch(`${this.#server.baseUrl}${url}`, {
      headers: { authorization: `Basic ${Buffer.from(`${key}:${token}`).toString('base64')}` },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Has a call placed, and gives it as it was answered. */
  async order(form: Record<string, string>): Promise<VoiceCall> {
    const CallerId = this.#server.bootstrap.exophones[0] ?? '';
    const { Call } = await this.#taken<{ Call: VoiceCall }>('Calls/connect.json', { CallerId, ...form });
    if (Call.Status !== 'in-progress' || Call.Direction !== 'outbound-api')
      throw new Error(`an order was answered with ${JSON.stringify(Call)}`);
    return Call;
  }

  /** Orders what must be refused. */
  async refused(form: Record<string, string>): Promise<VoiceRestException['RestException'] & { httpStatus: number }> {
    const CallerId = this.#server.bootstrap.exophones[0] ?? '';
    const { status, text } = await this.ask('Calls/connect.json', { CallerId, ...form });
    return { httpStatus: status, ...(JSON.parse(text) as VoiceRestException).RestException };
  }

  async call(callSid: string, query = 'details=true'): Promise<DetailedCall> {
    return (await this.#taken<VoiceCallDetailAnswer>(`Calls/${callSid}.json?${query}`)).Call;
  }

  /** `query` as it stands in an address, or a whole address that a page gave. */
  list(query: string): Promise<VoiceCallList> {
    return this.#taken(query.startsWith('/') ? query : `Calls.json?${query}`);
  }

  async account(): Promise<VoiceAccountAnswer['Account']> {
    const { sid } = this.#server.bootstrap.account;
    return (await this.#taken<VoiceAccountAnswer>(`/v1/Accounts/${sid}.json`)).Account;
  }

  activeStreams(): Promise<VoiceActiveStreams> {
    return this.#taken('ActiveStreams.json');
  }

  /** Waits until the call is over, and gives it with its details. */
  ended(callSid: string): Promise<DetailedCall> {
    const look = async () => {
      const call = await this.call(callSid);
      return call.EndTime === null ? undefined : call;
    };
    return eventually(look, { ...patience, message: 'the call to end' });
  }

  /** Waits for the newest simulated party of that number to look as wanted. */
  party(number: string, what: string, holds: (call: SimulatorCallRead) => boolean): Promise<SimulatorCallRead> {
    const look = async () => {
      const own = (await this.#admin.simulatedCalls()).filter(({ to }) => to === number);
      const newest = own.sort((one, other) => one.started_at.localeCompare(other.started_at)).at(-1);
      return newest && holds(newest) ? newest : undefined;
    };
    return eventually(look, { ...patience, message: `${number} to see: ${what}` });
  }

  async #taken<Body>(path: string, form?: Record<string, string>): Promise<Body> {
    const { status, text } = await this.ask(path, form);
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
    return JSON.parse(text) as Body;
  }
}
