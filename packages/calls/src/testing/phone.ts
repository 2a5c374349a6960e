import type { Clock, Random } from '@intermix/kernel';
import { silentLogger } from '@intermix/kernel';
import { type CodecName, LegDescription, type LegKind, type MediaDirection } from '@intermix/media';
import {
  Endpoint,
  type ExtraHeaders,
  type Flow,
  type IncomingInvite,
  type InviteSession,
  type LoopNetwork,
  type LoopTransport,
  NameAddr,
  type OutgoingInvite,
  type SipFailure,
  type SipProtocol,
  type SipResponse,
  SipUri,
} from '@intermix/sip';
import { fakeTransport } from './fake-media-engine.js';

export interface PhoneOptions {
  network: LoopNetwork;
  clock: Clock;
  random: Random;
  host: string;
  port?: number;
  kind: LegKind;
  codecs?: readonly CodecName[];
  /** A browser announces `<something>.invalid` and only opens connections. */
  announce?: string;
}

/** What a phone knows of a call that it placed. */
export interface Placed {
  outgoing: OutgoingInvite;
  media: LegDescription;
  progress: Array<{ status: number; sdp: string | undefined }>;
  session: InviteSession | undefined;
  failure: SipFailure | undefined;
}

/** A call that came in. */
export interface Received {
  incoming: IncomingInvite;
  media: LegDescription;
  cancelled: boolean;
  session: InviteSession | undefined;
  ring(): void;
  answer(headers?: ExtraHeaders): InviteSession | undefined;
}

/** A SIP phone for tests: an endpoint of its own on the loop network, with true SDP and no audio. */
export class Phone {
  readonly endpoint: Endpoint;
  readonly transport: LoopTransport;
  readonly calls: Received[] = [];
  readonly codecs: readonly CodecName[] | undefined;
  readonly #options: PhoneOptions;
  flow: Flow | undefined;

  constructor(options: PhoneOptions) {
    this.#options = options;
    // As Chromium has them: Opus first.
    this.codecs = options.codecs ?? (options.kind === 'webrtc' ? ['opus', 'PCMU', 'PCMA'] : undefined);
    const { network, clock, random, host, port, announce } = options;
    this.transport = network.transport({
      host,
      ...(port ? { port } : {}),
      ...(announce ? { announce: { host: announce }, listens: false } : {}),
    });
    this.endpoint = new Endpoint({
      transports: [this.transport],
      clock,
      random,
      logger: silentLogger,
      userAgent: 'phone/1',
    });
    this.endpoint.on('invite', (incoming) => this.#receive(incoming));
  }

  async connect(protocol: SipProtocol, host = '10.0.0.1'): Promise<Flow> {
    this.flow = await this.transport.connect(protocol, { host, port: 5060 });
    return this.flow;
  }

  newMedia(): LegDescription {
    const { random, kind } = this.#options;
    return new LegDescription({ transport: fakeTransport(kind, random, 20_000), random });
  }

  offer(media: LegDescription, direction: MediaDirection = 'sendrecv'): string {
    return media.offer({ direction, ...(this.codecs ? { codecs: this.codecs } : {}) });
  }

  /** Places a call over the phone's connection. */
  call(uri: string, from: string, options: CallOptions = {}): Placed {
    const media = this.newMedia();
    const outgoing = this.endpoint.invite({
      target: { uri: SipUri.parse(uri), flow: this.flow! },
      from: NameAddr.parse(from),
      to: NameAddr.create({ uri: SipUri.parse(uri) }),
      ...(options.lateOffer ? {} : { sdp: options.sdp ?? this.offer(media) }),
      ...(options.headers ? { headers: options.headers } : {}),
      ...(options.credentials ? { credentials: options.credentials } : {}),
      ...(options.maxForwards === undefined ? {} : { maxForwards: options.maxForwards }),
    });
    const placed: Placed = { outgoing, media, progress: [], session: undefined, failure: undefined };
    outgoing.on('progress', ({ status, sdp }) => placed.progress.push({ status, sdp }));
    outgoing.on('failed', (failure) => {
      placed.failure = failure;
    });
    outgoing.on('answered', (session, response) => {
      placed.session = session;
      this.#takeAnswer(placed, session, response, options.lateOffer === true);
    });
    return placed;
  }

  #takeAnswer(placed: Placed, session: InviteSession, response: SipResponse, isLate: boolean): void {
    if (isLate) session.acknowledge(placed.media.answer(placed.media.read(response.sdp!)).sdp);
    else placed.media.acceptAnswer(placed.media.read(response.sdp!));
  }

  #receive(incoming: IncomingInvite): void {
    const media = this.newMedia();
    const call: Received = {
      incoming,
      media,
      cancelled: false,
      session: undefined,
      ring: () => incoming.progress(180),
      answer: (headers = []) => {
        const codecs = this.codecs ? { codecs: this.codecs } : {};
        const { sdp } = media.answer(media.read(incoming.offer!), codecs);
        call.session = incoming.accept({ sdp, headers });
        return call.session;
      },
    };
    incoming.on('cancelled', () => {
      call.cancelled = true;
    });
    this.calls.push(call);
  }
}

export interface CallOptions {
  lateOffer?: boolean;
  sdp?: string;
  headers?: ReadonlyArray<readonly [string, string]>;
  credentials?: { username: string; password: string };
  maxForwards?: number;
}
