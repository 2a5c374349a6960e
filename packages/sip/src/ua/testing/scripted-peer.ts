// Shared by the tests of this folder; not exported from the package.
import { type SipMessage, SipRequest, SipResponse } from '../../message/message.js';
import { parseMessage } from '../../message/parse.js';
import { createResponse } from '../../message/responses.js';
import { writeMessage } from '../../message/write.js';
import type { Flow, SipProtocol } from '../../transport/flow.js';
import type { LoopTransport } from '../../transport/loop-network.js';

export interface AnswerChoices {
  /** null: no tag at all. */
  toTag?: string | null;
  contact?: string | null;
  headers?: [string, string][];
  sdp?: string;
}

export interface RequestChoices {
  uri?: string;
  callId?: string;
  fromTag?: string;
  toTag?: string;
  cseq?: number;
  branch?: string;
  headers?: [string, string][];
  sdp?: string;
  contact?: string | null;
  via?: string;
  maxForwards?: number;
  to?: string;
  from?: string;
}

/** A peer without a mind: the test writes each of its messages. */
export class ScriptedPeer {
  readonly transport: LoopTransport;
  readonly received: { message: SipMessage; flow: Flow }[] = [];
  /** What did not parse: answers to broken requests echo what was broken. */
  readonly unreadable: Uint8Array[] = [];
  #branch = 0;

  constructor(transport: LoopTransport) {
    this.transport = transport;
  }

  async start(): Promise<void> {
    await this.transport.start({
      message: (bytes, flow) => this.#receive(bytes, flow),
      flowClosed: () => {},
    });
  }

  #receive(bytes: Uint8Array, flow: Flow): void {
    try {
      this.received.push({ message: parseMessage(bytes), flow });
    } catch {
      this.unreadable.push(bytes);
    }
  }

  get address(): string {
    return `${this.transport.address.host}:${this.transport.address.port}`;
  }

  connect(host: string, protocol: SipProtocol = 'UDP'): Promise<Flow> {
    return this.transport.connect(protocol, { host, port: 5060 });
  }

  /** Requests that have come, of one method. */
  requests(method: string): SipRequest[] {
    return this.received
      .map((one) => one.message)
      .filter((m): m is SipRequest => m instanceof SipRequest && m.method === method);
  }

  /** Responses that have come, of one CSeq method. */
  responses(method: string): SipResponse[] {
    return this.received
      .map((one) => one.message)
      .filter((m): m is SipResponse => m instanceof SipResponse && m.cseq.method === method);
  }

  statuses(method: string): number[] {
    return this.responses(method).map((response) => response.status);
  }

  /** The newest request of a method, and the flow by which it came. */
  last(method: string): { request: SipRequest; flow: Flow } {
    const found = this.received.findLast(({ message }) => message instanceof SipRequest && message.method === method);
    if (!found) throw new Error(`no ${method} has come`);
    return { request: found.message as SipRequest, flow: found.flow };
  }

  /** The newest response to a method. */
  lastResponse(method: string): SipResponse {
    const found = this.responses(method).at(-1);
    if (!found) throw new Error(`no response to ${method} has come`);
    return found;
  }

  answer(to: { request: SipRequest; flow: Flow }, status: number, choices: AnswerChoices = {}): void {
    const headers: [string, string][] = [...(choices.headers ?? [])];
    const contact = choices.contact === undefined ? `<sip:bob@${this.address}>` : choices.contact;
    if (contact !== null && status < 300) headers.push(['Contact', contact]);
    const response = createResponse(to.request, status, {
      toTag: choices.toTag === null ? undefined : (choices.toTag ?? 'peer'),
      headers,
      body: choices.sdp === undefined ? undefined : { type: 'application/sdp', content: choices.sdp },
    });
    // The fixture's own Record-Route says what was on the way, not what the request held.
    to.flow.send(writeMessage(response));
  }

  /** Sends a request written by hand. */
  send(flow: Flow, method: string, choices: RequestChoices = {}): void {
    flow.send(this.write(flow, method, choices));
  }

  write(flow: Flow, method: string, choices: RequestChoices = {}): string {
    const branch = choices.branch ?? `z9hG4bKpeer${++this.#branch}`;
    const contact = choices.contact === undefined ? `<sip:peer@${this.address}>` : choices.contact;
    const sdp = choices.sdp ?? '';
    return [
      `${method} ${choices.uri ?? `sip:bob@${flow.remote.host}`} SIP/2.0`,
      `Via: ${choices.via ?? `SIP/2.0/${flow.protocol} ${this.address};rport`};branch=${branch}`,
      `Max-Forwards: ${choices.maxForwards ?? 70}`,
      `From: ${choices.from ?? '<sip:peer@example.net>'};tag=${choices.fromTag ?? 'peer'}`,
      `To: ${choices.to ?? '<sip:bob@example.com>'}${choices.toTag === undefined ? '' : `;tag=${choices.toTag}`}`,
      `Call-ID: ${choices.callId ?? 'call-1'}`,
      `CSeq: ${choices.cseq ?? 1} ${method}`,
      ...(contact === null ? [] : [`Contact: ${contact}`]),
      ...(choices.headers ?? []).map(([name, value]) => `${name}: ${value}`),
      ...(sdp ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${new TextEncoder().encode(sdp).length}`,
      '',
      sdp,
    ].join('\r\n');
  }
}
