import type { Clock, Logger, Random } from '@intermix/kernel';
import { Endpoint, type IncomingInvite, NameAddr, SipUri, type SocketAddress } from '@intermix/sip';
import { behaviourOf } from './behaviours.js';
import { CallBook } from './call-book.js';
import { CallMedia } from './call-media.js';
import type { CallSnapshot } from './call-record.js';
import { type CallScript, checkScript } from './call-script.js';
import type { CarrierCodec } from './carrier-sdp.js';
import { CarrierTransport } from './carrier-transport.js';
import { SimulatorError } from './errors.js';
import { defaultCallerNumber, dialledNumber, simulatedNumberOf } from './numbers.js';
import { numericResolver } from './numeric-resolver.js';
import { PlacedCall } from './placed-call.js';
import { ReceivedCall } from './received-call.js';
import type { RtpPortRange } from './rtp-socket-pair.js';
import type { SimulatedCallDeps } from './simulated-call.js';

const defaultMaxCalls = 100;
/** How long `stop` waits for the answers to its BYEs. */
const stopWithinMs = 1_000;
const stopPollMs = 10;

export interface SimulatedPstnOptions {
  /** Numeric address for SIP and RTP: to bind, and to announce. */
  host: string;
  /** 0: any free port, see `address`. */
  sipPort: number;
  /** Where RTP listens, even ports; without it any free ones. */
  rtpPorts?: RtpPortRange;
  /** Intermix's SIP address (UDP), where placed calls go. */
  peer: SocketAddress;
  /** In order of preference in placed calls. Default PCMU, PCMA. */
  codecs?: readonly CarrierCodec[];
  /** Calls at one time, both ways; further ones get 503. Default 100. */
  maxCalls?: number;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface PlaceCallOptions {
  /** The number of Intermix to call. */
  to: string;
  /** Calling number, or `anonymous`. Default +911130000100. */
  from?: string;
  /** Caller's name as the network tells it. */
  displayName?: string;
  /** What the caller does after the answer. Default: an 800 Hz tone until hung up. */
  answerScript?: CallScript;
}

/**
 * A telephone network on loopback: a carrier that speaks SIP over UDP and TCP and RTP, whose numbers answer, echo, are busy or
 * never answer, and whose subscribers can be made to call. Nothing in Intermix knows that it is not a real one.
 */
export class SimulatedPstn {
  readonly #options: SimulatedPstnOptions;
  readonly #transport: CarrierTransport;
  readonly #endpoint: Endpoint;
  readonly #book = new CallBook();
  #started = false;

  constructor(options: SimulatedPstnOptions) {
    this.#options = options;
    const { host, sipPort, clock, random, logger } = options;
    this.#transport = new CarrierTransport({ host, port: sipPort });
    this.#endpoint = new Endpoint({
      transports: [this.#transport],
      resolver: numericResolver,
      clock,
      random,
      logger,
      userAgent: 'Intermix simulated PSTN',
    });
    this.#endpoint.on('invite', (invite) => this.#handleInvite(invite));
  }

  /** Binds the SIP sockets. */
  async start(): Promise<void> {
    await this.#endpoint.start();
    this.#started = true;
    this.#options.logger.info({ ...this.address }, 'the simulated PSTN is up');
  }

  /** Where it takes calls; still known while it stops. Throws SimulatorError `not-started` before the first start. */
  get address(): SocketAddress {
    if (this.#transport.address.port === 0) throw this.#notStarted();
    return this.#transport.address;
  }

  /** Calls under way and the last 200 that ended. */
  calls(): CallSnapshot[] {
    return this.#book.snapshots();
  }

  get activeCalls(): number {
    return this.#book.activeCount;
  }

  /** Ends a call under way from the subscriber's side. False when there is none of this id. */
  hangup(id: string): boolean {
    const call = this.#book.find(id);
    call?.hangup();
    return call !== undefined;
  }

  /**
   * A simulated subscriber calls a number of Intermix. Resolves when the INVITE is on its way; what becomes of it is in the
   * call's state and events. Rejects with SimulatorError.
   */
  async placeCall(options: PlaceCallOptions): Promise<PlacedCall> {
    if (!this.#started) throw this.#notStarted();
    if (options.answerScript) checkScript(options.answerScript);
    if (this.#isFull) throw new SimulatorError('too-many-calls', `${this.#maxCalls} calls are under way already`);
    const call = new PlacedCall({ ...this.#deps(), ...this.#addresses(options), script: options.answerScript });
    this.#book.add(call);
    try {
      await call.dial();
      return call;
    } catch (error) {
      call.hangup();
      throw error;
    }
  }

  /** Hangs up every call and closes the sockets. May be called twice. */
  async stop(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    for (const call of this.#book.active()) call.hangup();
    await this.#quiet();
    await this.#endpoint.stop();
  }

  get #maxCalls(): number {
    return this.#options.maxCalls ?? defaultMaxCalls;
  }

  get #isFull(): boolean {
    return this.#book.activeCount >= this.#maxCalls;
  }

  #handleInvite(invite: IncomingInvite): void {
    const { uri } = invite.request;
    const to = dialledNumber(uri instanceof SipUri ? uri.user : uri.toString().replace(/^tel:|;.*$/gi, ''));
    if (this.#isFull || !this.#started) invite.reject(503);
    else if (to === undefined) invite.reject(404);
    else this.#receive(invite, to);
  }

  #receive(invite: IncomingInvite, to: string): void {
    const call = new ReceivedCall({ ...this.#deps(), invite, to });
    this.#book.add(call);
    behaviourOf(simulatedNumberOf(to))(call);
  }

  #deps(): SimulatedCallDeps {
    const { host, rtpPorts, codecs, clock, random, logger } = this.#options;
    const media = { host, clock, random, ...(rtpPorts && { ports: rtpPorts }), ...(codecs && { codecs }) };
    return { clock, random, logger, openMedia: () => CallMedia.open(media) };
  }

  #addresses(options: PlaceCallOptions) {
    const { peer } = this.#options;
    const to = dialledNumber(options.to);
    const from = options.from === 'anonymous' ? 'anonymous' : dialledNumber(options.from ?? defaultCallerNumber);
    if (to === undefined) throw new SimulatorError('bad-number', `'${options.to}' is not a telephone number`);
    if (from === undefined) throw new SimulatorError('bad-number', `'${options.from}' is not a telephone number`);
    const uri = SipUri.create({ user: to, host: peer.host, port: peer.port });
    const fromHost = from === 'anonymous' ? 'anonymous.invalid' : this.address.host; // RFC 3323 §4.1.1.3.
    const fromUri = SipUri.create({ user: from, host: fromHost });
    return {
      endpoint: this.#endpoint,
      target: { uri, protocol: 'UDP' as const },
      toAddress: NameAddr.create({ uri }),
      fromAddress: NameAddr.create({ uri: fromUri, ...(options.displayName && { displayName: options.displayName }) }),
      to,
      from,
      fromName: options.displayName ?? '',
    };
  }

  /** Until BYEs and CANCELs are answered, or time is up. */
  async #quiet(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + stopWithinMs;
    const busy = () => this.#book.activeCount > 0 || this.#endpoint.counts.dialogs > 0;
    while (busy() && clock.now() < deadline) {
      await new Promise<void>((resolve) => clock.schedule(stopPollMs, resolve));
    }
  }

  #notStarted(): SimulatorError {
    return new SimulatorError('not-started', 'the simulated PSTN has not been started');
  }
}
