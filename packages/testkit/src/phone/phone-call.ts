import { type CallMedia, tone } from '@intermix/simulator';
import type {
  ExtraHeaders,
  IncomingInvite,
  IncomingReinvite,
  IncomingRequest,
  InviteSession,
  OutgoingInvite,
  Reason,
  SessionEnd,
  SipRequest,
  SipResponse,
} from '@intermix/sip';
import { type EventuallyOptions, eventually } from '../eventually.js';

/** How a phone's call ended: the session's end, or the final response that refused it (487 after a CANCEL). */
export type PhoneCallEnd = SessionEnd | { by: 'local' | 'remote'; cause: 'failed'; status: number; reason: string };

const toneToleranceHz = 10;

/** One call of a test's phone, steered by the test and observed by polling with deadlines. */
export class PhoneCall {
  readonly direction: 'incoming' | 'outgoing';
  readonly media: CallMedia;
  /** The INVITE: as received, or as sent last. */
  request: SipRequest;
  /** Provisional and final statuses of our INVITE, in order. */
  readonly statuses: number[] = [];
  /** The 2xx to our INVITE. */
  response: SipResponse | undefined;
  session: InviteSession | undefined;
  end: PhoneCallEnd | undefined;
  /** All digits heard as telephone events so far. */
  digits = '';
  /** Re-INVITEs and UPDATEs of the far end, in order: the direction that resulted. */
  readonly reinvites: string[] = [];
  /** INFO bodies of the far end, in order. */
  readonly infos: string[] = [];
  /** Refer-To of the REFERs that the far end sent, in order; each gets 202. */
  readonly referrals: string[] = [];
  /** Bodies of NOTIFYs, in order: how a transfer goes (`message/sipfrag`). */
  readonly notifications: string[] = [];
  /** Status that refuses the far end's next re-INVITE, once. */
  refuseNextReinvite: number | undefined;
  readonly #incoming: IncomingInvite | undefined;
  readonly #outgoing: OutgoingInvite | undefined;
  #awaitsAnswer = false;

  private constructor(media: CallMedia, invite: { incoming: IncomingInvite } | { outgoing: OutgoingInvite }) {
    this.media = media;
    this.#incoming = 'incoming' in invite ? invite.incoming : undefined;
    this.#outgoing = 'outgoing' in invite ? invite.outgoing : undefined;
    this.direction = this.#incoming ? 'incoming' : 'outgoing';
    this.request = 'incoming' in invite ? invite.incoming.request : invite.outgoing.request;
    media.audio.on('digit', ({ digit }) => {
      this.digits += digit;
    });
  }

  /** For `SipPhone`: the far end calls. */
  static incoming(invite: IncomingInvite, media: CallMedia): PhoneCall {
    const call = new PhoneCall(media, { incoming: invite });
    invite.on('cancelled', (reason) =>
      call.#ended({ by: 'remote', cause: 'failed', status: 487, reason: reason?.text ?? '' }),
    );
    return call;
  }

  /** For `SipPhone`: we call. */
  static outgoing(invite: OutgoingInvite, media: CallMedia, lateOffer: boolean): PhoneCall {
    const call = new PhoneCall(media, { outgoing: invite });
    invite.on('progress', ({ status, sdp }) => {
      call.statuses.push(status);
      if (sdp !== undefined && !lateOffer) media.acceptAnswer(sdp);
    });
    invite.on('answered', (session, response) => call.#handleAnswered(session, response, lateOffer));
    invite.on('failed', ({ cause, status, reason }) => {
      call.statuses.push(status);
      const by = cause === 'response' ? 'remote' : 'local';
      call.#ended({ by, cause: 'failed', status, reason });
    });
    return call;
  }

  get state(): 'dialling' | 'ringing' | 'answered' | 'ended' {
    if (this.end) return 'ended';
    if (this.session) return 'answered';
    const rings = this.direction === 'incoming' || this.statuses.some((status) => status === 180 || status === 183);
    return rings ? 'ringing' : 'dialling';
  }

  /** True while the far end holds us, or we hold it. */
  get onHold(): boolean {
    return this.media.direction !== 'sendrecv';
  }

  /** 180 to an incoming call. */
  ring(headers: ExtraHeaders = []): void {
    this.#incoming?.progress(180, { headers });
  }

  /** 183 with our answer: the caller hears us before we answer. */
  earlyMedia(): void {
    const offer = this.#incoming?.offer;
    if (offer !== undefined) this.#incoming?.progress(183, { sdp: this.media.acceptOffer(offer) });
  }

  /** 200 to an incoming call. */
  answer(headers: ExtraHeaders = []): void {
    const { offer } = this.#incoming ?? {};
    this.#awaitsAnswer = offer === undefined;
    const sdp = offer === undefined ? this.media.offer() : this.media.acceptOffer(offer);
    const session = this.#incoming?.accept({ sdp, headers });
    if (session) this.#established(session);
  }

  /** 300–699 to an incoming call. */
  reject(status: number, headers: ExtraHeaders = []): void {
    this.#incoming?.reject(status, { headers });
    this.#ended({ by: 'local', cause: 'failed', status, reason: '' });
  }

  /** BYE, CANCEL or 480, as the state asks. */
  hangup(reason?: Reason): void {
    if (this.session) this.session.bye(reason ? { reason } : {});
    else if (this.#outgoing) this.#outgoing.cancel(reason);
    else this.reject(480);
  }

  /** A steady tone from now on. */
  sendTone(hz: number): void {
    this.media.audio.play(tone(hz));
  }

  sendSilence(): void {
    this.media.audio.play();
  }

  /** RFC 4733; resolves when the last digit has been sent. */
  sendDtmf(digits: string, options: { durationMs?: number } = {}): Promise<void> {
    return this.media.audio.sendDigits(digits, options);
  }

  /** INFO as some phones send digits: `application/dtmf-relay`. */
  sendDtmfInfo(digit: string, durationMs = 240): Promise<SipResponse> {
    const content = `Signal=${digit}\r\nDuration=${durationMs}\r\n`;
    return this.#live().request('INFO', { body: { type: 'application/dtmf-relay', content } });
  }

  /** REFER: asks the far end to call somebody else; gives its final response. RFC 3515. */
  refer(target: string): Promise<SipResponse> {
    return this.#live().request('REFER', { headers: [['Refer-To', `<${target}>`]] });
  }

  /** re-INVITE with `sendonly`. Resolves when the far end has answered. */
  hold(): Promise<void> {
    return this.#reoffer('sendonly');
  }

  /** re-INVITE with `sendrecv`. */
  resume(): Promise<void> {
    return this.#reoffer('sendrecv');
  }

  /** re-INVITE without SDP: the far end offers in its 200, the answer is in our ACK. */
  async askForOffer(): Promise<void> {
    const session = this.#live();
    const { sdp } = await session.reinvite({});
    session.acknowledge(this.media.acceptOffer(sdp ?? ''));
  }

  /** Resolves at the 200; rejects when the call ends before. */
  async waitForAnswer(timeoutMs = 5_000): Promise<this> {
    await this.#until(() => this.session, { timeoutMs, message: 'the call to be answered' }, true);
    return this;
  }

  /** Resolves at the first 180 or 183 of an outgoing call. */
  async waitForRinging(timeoutMs = 5_000): Promise<this> {
    await this.#until(() => this.state === 'ringing', { timeoutMs, message: 'the call to ring' }, true);
    return this;
  }

  waitForEnd(timeoutMs = 5_000): Promise<PhoneCallEnd> {
    return this.#until(() => this.end, { timeoutMs, message: 'the call to end' }, false);
  }

  /** Resolves when the tone is heard; rejects at the deadline with what was heard instead. */
  async expectTone(hz: number, timeoutMs = 5_000): Promise<void> {
    const { audio } = this.media;
    const seen = () => audio.hearingHz !== undefined && Math.abs(audio.hearingHz - hz) <= toneToleranceHz;
    await this.#until(seen, { timeoutMs, message: `${hz} Hz` }, false);
  }

  /** Resolves when no tone and no packets are heard any more. */
  async expectNoTone(timeoutMs = 5_000): Promise<void> {
    await this.#until(() => this.media.audio.hearingHz === undefined, { timeoutMs, message: 'quiet' }, false);
  }

  /** Resolves when the digits heard so far end with these. */
  async expectDigits(digits: string, timeoutMs = 5_000): Promise<void> {
    await this.#until(() => this.digits.endsWith(digits), { timeoutMs, message: `the digits ${digits}` }, false);
  }

  /** Waits; an error tells the call's state besides. With `fatalEnd`, the end of the call ends the wait. */
  async #until<T>(look: () => T, options: EventuallyOptions, fatalEnd: boolean): Promise<NonNullable<T>> {
    try {
      await eventually(() => look() || (fatalEnd && this.end), options);
      const found = look();
      if (!found) throw new Error(`the call ended while waiting for ${options.message}`);
      return found;
    } catch (cause) {
      const heard = `hearing ${this.media.audio.hearingHz ?? 'nothing'}, digits '${this.digits}'`;
      const story = `state ${this.state}, statuses ${this.statuses.join(' ')}, end ${JSON.stringify(this.end)}, ${heard}`;
      throw new Error(`${(cause as Error).message} (${story})`, { cause });
    }
  }

  #live(): InviteSession {
    if (!this.session) throw new Error(`the call is ${this.state}, not answered`);
    return this.session;
  }

  async #reoffer(direction: 'sendonly' | 'sendrecv'): Promise<void> {
    const { sdp } = await this.#live().reinvite({ sdp: this.media.offer(direction) });
    if (sdp !== undefined) this.media.acceptAnswer(sdp);
  }

  #handleAnswered(session: InviteSession, response: SipResponse, lateOffer: boolean): void {
    this.statuses.push(response.status);
    this.response = response;
    if (this.#outgoing) this.request = this.#outgoing.request;
    if (lateOffer) session.acknowledge(this.media.acceptOffer(response.sdp ?? ''));
    else this.media.acceptAnswer(response.sdp ?? '');
    this.#established(session);
  }

  #established(session: InviteSession): void {
    this.session = session;
    session.on('reinvite', (reinvite) => this.#handleReinvite(reinvite));
    session.on('acknowledged', (sdp) => {
      if (this.#awaitsAnswer && sdp !== undefined) this.media.acceptAnswer(sdp);
      this.#awaitsAnswer = false;
    });
    session.on('info', (info) => {
      this.infos.push(info.request.bodyText);
      info.respond(200);
    });
    session.on('request', (request) => this.#handleRequest(request));
    session.on('ended', (end) => this.#ended(end));
  }

  #handleReinvite(reinvite: IncomingReinvite): void {
    const refusal = this.refuseNextReinvite;
    this.refuseNextReinvite = undefined;
    if (refusal !== undefined) {
      reinvite.reject(refusal);
      return;
    }
    this.#awaitsAnswer = reinvite.offer === undefined;
    reinvite.accept({
      sdp: reinvite.offer === undefined ? this.media.offer() : this.media.acceptOffer(reinvite.offer),
    });
    this.reinvites.push(this.media.direction);
  }

  #handleRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method === 'REFER') this.referrals.push(request.headers.get('Refer-To') ?? '');
    if (request.method === 'NOTIFY') this.notifications.push(request.bodyText);
    incoming.respond({ REFER: 202, NOTIFY: 200 }[request.method] ?? 501);
  }

  #ended(end: PhoneCallEnd): void {
    if (this.end) return;
    this.end = end;
    this.media.close();
  }
}
