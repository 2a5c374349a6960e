import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import { RepeatedAnswer } from './repeated-answer.js';
import type { SessionPath } from './session-path.js';

/** An INVITE of ours whose 2xx is to be ACKed. */
interface OwedAck {
  cseq: number;
  invite: SipRequest | undefined;
  /** Given to the path; `bytes` follow once it is on the wire. */
  isSent: boolean;
  bytes?: Uint8Array;
}

/** An ACK as it went out, for when its 2xx comes again. */
class SentAck {
  constructor(
    readonly cseq: number | undefined,
    readonly flow: Flow,
    readonly bytes: Uint8Array | undefined,
  ) {}

  handleRepeated2xx(cseq: number): void {
    if (this.bytes && this.cseq === cseq) this.flow.send(this.bytes);
  }
}

/**
 * The third message of the INVITE handshake, both ways: the ACK that we wait for after a 2xx of ours, and the ACK that
 * we owe for a 2xx of theirs. At most one of each is open at a time. RFC 3261 §13.2.2.4, §13.3.1.4.
 */
export class Handshakes {
  readonly #core: UaCore;
  readonly #requester: DialogRequester;
  readonly #path: SessionPath;
  readonly #onNeverAcknowledged: () => void;
  #answer: RepeatedAnswer | undefined;
  #answerIsOffer = false;
  #ack: OwedAck | undefined;

  constructor(
    core: UaCore,
    options: {
      requester: DialogRequester;
      path: SessionPath;
      /** 64·T1 have passed since our 2xx. */
      onNeverAcknowledged: () => void;
    },
  ) {
    this.#core = core;
    this.#requester = options.requester;
    this.#path = options.path;
    this.#onNeverAcknowledged = options.onNeverAcknowledged;
  }

  /** True while our 2xx waits for its ACK. */
  get isAwaitingAck(): boolean {
    return this.#answer !== undefined;
  }

  /** True while the answer to an offer in our 2xx is out. */
  get isOfferOut(): boolean {
    return this.#answer !== undefined && this.#answerIsOffer;
  }

  /** True between a 2xx that held an offer and our ACK with the answer. */
  get isOwing(): boolean {
    return this.#ack !== undefined && !this.#ack.isSent;
  }

  /** Sends our 2xx until its ACK comes. */
  answer(transaction: ServerTransaction, response: SipResponse): void {
    this.#answerIsOffer = transaction.request.sdp === undefined;
    this.#answer = new RepeatedAnswer(this.#core, {
      cseq: transaction.request.cseq.number,
      send: () => {
        if (transaction.state !== 'terminated') transaction.respond(response);
        else this.#path.flow.send(writeMessage(response)); // Its flow is gone; the peer may be back by another.
      },
      giveUp: () => {
        this.#answer = undefined;
        this.#onNeverAcknowledged();
      },
    });
  }

  /** True when the ACK is the one that we wait for. */
  takeAck(ack: SipRequest): boolean {
    if (this.#answer?.cseq !== ack.cseq.number) return false;
    this.stopAnswering();
    return true;
  }

  stopAnswering(): void {
    this.#answer?.stop();
    this.#answer = undefined;
  }

  /** The first 2xx to an INVITE of ours has come. False when it is a repeated one, which is ACKed again. */
  owe(invite: SipRequest): boolean {
    const cseq = invite.cseq.number;
    if (this.#ack?.cseq === cseq) {
      this.acknowledgeAgain(cseq);
      return false;
    }
    this.#ack = { cseq, invite, isSent: false };
    return true;
  }

  /** Sends the ACK that is owed, if one is. */
  acknowledge(sdp?: string): void {
    const owed = this.#ack;
    if (!owed?.invite || owed.isSent) return;
    owed.isSent = true;
    this.#requester.ack(owed.invite, sdp, (bytes) => {
      owed.bytes = bytes;
      owed.invite = undefined;
    });
  }

  /** What is left to be done for our INVITE once the dialog is gone. */
  get sentAck(): SentAck {
    return new SentAck(this.#ack?.cseq, this.#path.flow, this.#ack?.bytes);
  }

  /** A 2xx has come again: our ACK was lost. */
  acknowledgeAgain(cseq: number): void {
    if (this.#ack?.bytes && this.#ack.cseq === cseq) this.#requester.repeat(this.#ack.bytes);
  }
}
