// Shared by the tests of this folder; not exported from the package.
import { FakeClock } from '@intermix/testkit';
import { SipRequest, SipResponse } from '../../message/message.js';
import { NameAddr } from '../../message/name-addr.js';
import { parseMessage } from '../../message/parse.js';
import { createRequest } from '../../message/requests.js';
import { createResponse } from '../../message/responses.js';
import { parseUri } from '../../message/uri.js';
import { Via } from '../../message/via.js';
import type { Flow, SipProtocol } from '../../transport/flow.js';
import type { ClientTransactionHandlers } from '../client-transaction.js';
import type { ServerTransaction } from '../server-transaction.js';
import { TransactionLayer, type TransactionLayerOptions } from '../transaction-layer.js';

/** Counts up, so that branches differ and tests are repeatable. */
export function countingRandom(): { bytes(length: number): Uint8Array; fraction(): number } {
  let next = 0;
  let seed = 42;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(length - 4, ++next);
      return bytes;
    },
    fraction() {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed / 0x80000000;
    },
  };
}

/** A flow that keeps what is sent. */
export class RecordingFlow implements Flow {
  readonly sent: Uint8Array[] = [];
  readonly id: string;
  readonly local = { host: '192.0.2.1', port: 5060 };
  readonly reliable: boolean;
  readonly secure: boolean;
  closed = false;

  constructor(
    readonly protocol: SipProtocol = 'UDP',
    readonly remote = { host: '192.0.2.9', port: 5090 },
  ) {
    this.id = `${protocol}-${remote.host}:${remote.port}`;
    this.reliable = protocol !== 'UDP';
    this.secure = protocol === 'TLS' || protocol === 'WSS';
  }

  send(bytes: Uint8Array | string): void {
    this.sent.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  close(): void {
    this.closed = true;
  }

  /** `INVITE` or `200` of each message sent, and forgets them. */
  take(): string[] {
    return this.sent.splice(0).map((bytes) => {
      const message = parseMessage(bytes);
      return message instanceof SipRequest ? message.method : String((message as SipResponse).status);
    });
  }

  lastRequest(): SipRequest {
    const message = parseMessage(this.sent.at(-1)!);
    if (!(message instanceof SipRequest)) throw new Error('the last message is a response');
    return message;
  }

  lastResponse(): SipResponse {
    const message = parseMessage(this.sent.at(-1)!);
    if (!(message instanceof SipResponse)) throw new Error('the last message is a request');
    return message;
  }
}

export interface RequestChoices {
  branch?: string;
  sentBy?: { host: string; port?: number };
  headers?: [string, string][];
  cseq?: number;
  toTag?: string;
  fromTag?: string;
  callId?: string;
  rport?: boolean;
  noVia?: boolean;
}

export function makeRequest(method: string, choices: RequestChoices = {}): SipRequest {
  const params: [string, string | undefined][] = [];
  if (choices.branch !== '') params.push(['branch', choices.branch ?? 'z9hG4bKpeer1']);
  if (choices.rport ?? true) params.push(['rport', undefined]);
  const sentBy = choices.sentBy ?? { host: '192.0.2.9', port: 5090 };
  const to = NameAddr.parse('<sip:bob@example.com>');
  return createRequest({
    method,
    uri: parseUri('sip:bob@example.com'),
    from: NameAddr.parse(`<sip:alice@example.com>;tag=${choices.fromTag ?? 'alice1'}`),
    to: choices.toTag === undefined ? to : to.withTag(choices.toTag),
    callId: choices.callId ?? 'call-1',
    cseq: choices.cseq ?? 1,
    headers: choices.headers ?? [],
    ...(choices.noVia ? {} : { via: Via.create({ protocol: 'UDP', ...sentBy, params }) }),
  });
}

/** What happened above the layer, in order. */
export function makeLayer(options: Partial<TransactionLayerOptions> = {}) {
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const layer = new TransactionLayer({ random: countingRandom(), ...options, clock });
  const events: string[] = [];
  const transactions: ServerTransaction[] = [];
  layer.user = {
    onRequest(transaction, request) {
      transactions.push(transaction);
      transaction.onTransportError = () => events.push('transportError');
      transaction.onTimeout = () => events.push('timeout');
      transaction.onTerminated = () => events.push('terminated');
      events.push(`request ${request.method}`);
    },
    onAck: () => events.push('ack'),
    onStrayResponse: (response) => events.push(`stray ${response.status}`),
    onCancel: (cancel, invite) => {
      transactions.push(cancel);
      events.push(invite ? 'cancel' : 'cancel of nothing');
    },
  };
  const handlers: ClientTransactionHandlers = {
    onProvisional: (response) => events.push(`provisional ${response.status}`),
    onFinal: (response) => events.push(`final ${response.status}`),
    onTimeout: () => events.push('timeout'),
    onTransportError: () => events.push('transportError'),
    onTerminated: () => events.push('terminated'),
  };
  return { clock, layer, events, transactions, handlers };
}

/** The peer's response to a request of ours. */
export function answerTo(request: SipRequest, status: number, toTag = 'bob1'): SipResponse {
  return createResponse(request, status, { toTag });
}
