import type { EndpointFace, NameAddr, OutgoingInvite, RequestTarget, SipFailure } from '@intermix/sip';
import type { CallEnd } from './call-record.js';
import { type CallScript, runScript } from './call-script.js';
import { SimulatedCall, type SimulatedCallDeps } from './simulated-call.js';

/** How long a caller lets it ring, milliseconds. */
const ringTimeoutMs = 120_000;

export interface PlacedCallOptions {
  endpoint: EndpointFace;
  target: RequestTarget;
  fromAddress: NameAddr;
  toAddress: NameAddr;
  to: string;
  from: string;
  fromName: string;
  script: CallScript | undefined;
}

/** A call from a simulated subscriber to a number of Intermix. */
export class PlacedCall extends SimulatedCall {
  readonly direction = 'placed';
  readonly to: string;
  readonly from: string;
  readonly fromName: string;
  readonly #options: PlacedCallOptions;
  #invite: OutgoingInvite | undefined;

  constructor(deps: SimulatedCallDeps & PlacedCallOptions) {
    super(deps);
    this.#options = deps;
    this.to = deps.to;
    this.from = deps.from;
    this.fromName = deps.fromName;
  }

  get sipCallId(): string {
    return this.#invite?.callId ?? '';
  }

  /** Sends the INVITE. Rejects with SimulatorError `ports-exhausted`. */
  async dial(): Promise<void> {
    const media = await this.media();
    if (!media) return;
    const { endpoint, target, fromAddress, toAddress, from } = this.#options;
    const sdp = media.offer();
    const contactUser = from;
    const invite = endpoint.invite({ target, from: fromAddress, to: toAddress, sdp, ringTimeoutMs, contactUser });
    this.#invite = invite;
    this.note('INVITE');
    invite.on('progress', ({ status, sdp: early }) => {
      if (early !== undefined) this.#acceptAnswer(early);
      this.nowRinging(status);
    });
    invite.on('failed', (failure) => this.finish(failedEnd(failure)));
    invite.on('answered', (session, response) => {
      if (this.ended) return session.bye();
      this.nowAnswered(session);
      if (this.#acceptAnswer(response.sdp)) void runScript(this, this.#options.script);
      else this.hangup();
    });
  }

  override hangup(): void {
    if (this.session) this.session.bye();
    else if (this.#invite) this.#invite.cancel();
    else this.finish({ by: 'pstn', cause: 'cancelled' });
  }

  #acceptAnswer(sdp: string | undefined): boolean {
    try {
      if (sdp === undefined) return false;
      this.openedMedia?.acceptAnswer(sdp);
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'the answer to a placed call cannot be used');
      return false;
    }
  }
}

function failedEnd(failure: SipFailure): CallEnd {
  const { cause, status, reason } = failure;
  if (cause === 'cancelled') return { by: 'pstn', cause, sip_status: 487 };
  if (cause === 'response') return { by: 'intermix', cause: 'rejected', sip_status: status, reason };
  return { by: 'pstn', cause, sip_status: status, reason };
}
