import { type Clock, createId, type Random, silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { CallMedia, type CarrierCodec } from '@intermix/simulator';
import {
  type DigestCredentials,
  Endpoint,
  type ExtraHeaders,
  type IncomingInvite,
  NameAddr,
  type OutgoingInviteOptions,
  type SipResponse,
  SipUri,
  type SocketAddress,
} from '@intermix/sip';
import { TcpTransport, TlsTransport, UdpTransport } from '@intermix/sip/node';
import { eventually } from '../eventually.js';
import { PhoneCall } from './phone-call.js';
import { type RecordedMessage, RecordingTransport } from './recording-transport.js';

export interface SipPhoneOptions {
  /** Where its requests go: an outbound proxy, by address. */
  server: SocketAddress;
  protocol?: 'UDP' | 'TCP' | 'TLS';
  /** For TLS, PEM: its own certificate and key, and whom it trusts. */
  tls?: { cert: string; key: string; ca: string };
  /** User part of the address of record. Default `phone`. */
  user?: string;
  /** Domain of the address of record. Default: the server's host. */
  domain?: string;
  displayName?: string;
  /** For challenges; the phone answers 401 and 407 by itself. */
  credentials?: DigestCredentials;
  /** Address to bind, for SIP and RTP. Default 127.0.0.1. */
  host?: string;
  /** SIP port. Default: any free one. */
  port?: number;
  codecs?: readonly CarrierCodec[];
  telephoneEvents?: boolean;
  /** False: an incoming call gets no 180 until the test says `ring`. Default true. */
  rings?: boolean;
  clock?: Clock;
  random?: Random;
}

export interface PhoneDialOptions {
  headers?: ExtraHeaders;
  /** INVITE without SDP. */
  lateOffer?: boolean;
  /** Another From than the address of record: a carrier's caller. */
  from?: string;
  displayName?: string;
  ringTimeoutMs?: number;
}

/**
 * A telephone in a test: real sockets, real audio, every step under the test's control. As a peer with credentials it is an
 * agent's desk phone, without them a carrier.
 */
export class SipPhone {
  readonly #options: SipPhoneOptions;
  readonly #transport: RecordingTransport;
  readonly #sockets: UdpTransport | TcpTransport | TlsTransport;
  readonly #endpoint: Endpoint;
  readonly #arrived: PhoneCall[] = [];
  readonly #registration = { callId: `${createId()}@phone`, cseq: 0 };
  /** Every call, in order. */
  readonly calls: PhoneCall[] = [];
  /** Refuses incoming calls at once with this status. */
  refuseWith: number | undefined;

  private constructor(options: SipPhoneOptions) {
    this.#options = options;
    const { clock = systemClock, random = systemRandom } = options;
    this.#sockets = socketsOf(options);
    this.#transport = new RecordingTransport(this.#sockets);
    this.#endpoint = new Endpoint({
      transports: [this.#transport],
      // As behind an outbound proxy: whatever the URI says, the request goes to the server.
      resolver: { resolve: async () => [{ protocol: options.protocol ?? 'UDP', address: options.server }] },
      clock,
      random,
      logger: silentLogger,
      userAgent: 'Intermix test phone',
    });
    this.#endpoint.on('invite', (invite) => void this.#handleInvite(invite));
  }

  static async start(options: SipPhoneOptions): Promise<SipPhone> {
    const phone = new SipPhone(options);
    await phone.#endpoint.start();
    return phone;
  }

  /** Where it listens. */
  get address(): SocketAddress {
    return this.#sockets.address;
  }

  /** Every SIP message so far, retransmissions included. */
  get messages(): readonly RecordedMessage[] {
    return this.#transport.messages;
  }

  /** Start lines of the messages that crossed the wire, with `>` for sent and `<` for received. */
  get story(): string[] {
    return this.messages.map(({ direction, startLine }) => `${direction === 'sent' ? '>' : '<'} ${startLine}`);
  }

  /** Open transactions and dialogs, for leak tests. */
  get counts(): Endpoint['counts'] {
    return this.#endpoint.counts;
  }

  /** REGISTER with our contact; gives the final response whatever its status. */
  register(options: { expiresSec?: number; headers?: ExtraHeaders } = {}): Promise<SipResponse> {
    const { user, domain, address } = this;
    const { protocol, credentials } = this.#options;
    const aor = NameAddr.create({ uri: SipUri.create({ user, host: domain }) });
    const suffix = protocol === undefined || protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
    this.#registration.cseq += 10; // Answers to challenges take the numbers between.
    return this.#endpoint.request({
      method: 'REGISTER',
      target: this.#target(SipUri.create({ host: domain })),
      from: aor,
      to: aor,
      contacts: [`<sip:${user}@${address.host}:${address.port}${suffix}>;expires=${options.expiresSec ?? 300}`],
      headers: options.headers ?? [],
      callId: this.#registration.callId,
      cseq: this.#registration.cseq,
      ...(credentials && { credentials }),
    });
  }

  unregister(): Promise<SipResponse> {
    return this.register({ expiresSec: 0 });
  }

  /** Dials a number or a `sip:` URI. Resolves when the INVITE is on its way. */
  async call(to: string, options: PhoneDialOptions = {}): Promise<PhoneCall> {
    const media = await this.#openMedia();
    const uri = to.startsWith('sip:') ? SipUri.parse(to) : SipUri.create({ user: to, host: this.domain });
    const { lateOffer = false, headers, ringTimeoutMs } = options;
    const { credentials } = this.#options;
    const invite: OutgoingInviteOptions = {
      target: this.#target(uri),
      from: this.#from(options),
      to: NameAddr.create({ uri }),
      contactUser: this.user,
      ...(lateOffer ? {} : { sdp: media.offer() }),
      ...(headers && { headers }),
      ...(credentials && { credentials }),
      ...(ringTimeoutMs !== undefined && { ringTimeoutMs }),
    };
    const call = PhoneCall.outgoing(this.#endpoint.invite(invite), media, lateOffer);
    this.calls.push(call);
    return call;
  }

  /** The next call that has come or will come, ringing; each is given once. */
  waitForCall(timeoutMs = 5_000): Promise<PhoneCall> {
    return eventually(() => this.#arrived.shift(), { timeoutMs, message: `a call to ${this.user}` });
  }

  /** OPTIONS to the server. */
  options(): Promise<SipResponse> {
    const uri = SipUri.create({ host: this.domain });
    const from = this.#from({});
    return this.#endpoint.request({ method: 'OPTIONS', target: this.#target(uri), from, to: NameAddr.create({ uri }) });
  }

  /** Hangs up what is left, waits a moment for the answers, closes the sockets. */
  async stop(): Promise<void> {
    for (const call of this.calls) if (!call.end) call.hangup();
    const idle = () => this.calls.every((call) => call.end) && this.counts.dialogs === 0;
    await eventually(idle, { timeoutMs: 500 }).catch(() => undefined); // A peer that is gone need not answer.
    for (const call of this.calls) call.media.close();
    await this.#endpoint.stop();
  }

  get user(): string {
    return this.#options.user ?? 'phone';
  }

  get domain(): string {
    return this.#options.domain ?? this.#options.server.host;
  }

  async #handleInvite(invite: IncomingInvite): Promise<void> {
    if (this.refuseWith !== undefined) return invite.reject(this.refuseWith);
    const media = await this.#openMedia();
    const call = PhoneCall.incoming(invite, media);
    this.calls.push(call);
    if (this.#options.rings !== false) call.ring();
    this.#arrived.push(call);
  }

  #openMedia(): Promise<CallMedia> {
    const { host = '127.0.0.1', clock = systemClock, random = systemRandom, codecs, telephoneEvents } = this.#options;
    return CallMedia.open({
      host,
      clock,
      random,
      ...(codecs && { codecs }),
      ...(telephoneEvents !== undefined && { telephoneEvents }),
    });
  }

  #from(options: PhoneDialOptions): NameAddr {
    const displayName = options.displayName ?? this.#options.displayName;
    const uri = SipUri.create({ user: options.from ?? this.user, host: this.domain });
    return NameAddr.create({ uri, displayName });
  }

  #target(uri: SipUri): OutgoingInviteOptions['target'] {
    return { uri, protocol: this.#options.protocol ?? 'UDP' };
  }
}

function socketsOf({ protocol, host = '127.0.0.1', port = 0, tls }: SipPhoneOptions) {
  if (protocol === 'TLS') return new TlsTransport({ host, port, ...tls });
  return protocol === 'TCP' ? new TcpTransport({ host, port }) : new UdpTransport({ host, port });
}
