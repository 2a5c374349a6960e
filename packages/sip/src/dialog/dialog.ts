import type { SipRequest, SipResponse } from '../message/message.js';
import { NameAddr } from '../message/name-addr.js';
import { SipUri, type Uri } from '../message/uri.js';

/** Where a request inside a dialog is addressed to. RFC 3261 §12.2.1.1. */
export interface DialogRouting {
  requestUri: Uri;
  /** Route header fields, in order. */
  routes: readonly NameAddr[];
  /** The URI whose host is to be reached: first route, else the remote target. */
  nextHop: Uri;
}

/** All of a dialog. */
export interface DialogState {
  role: 'uac' | 'uas';
  callId: string;
  local: NameAddr;
  remote: NameAddr;
  routeSet: readonly NameAddr[];
  remoteTarget: Uri;
  localCseq: number;
  remoteCseq: number | undefined;
  secure: boolean;
}

/** Key of a dialog as seen from our side. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}

/**
 * The peer-to-peer relation of RFC 3261 §12: ids, route set, remote target and the two CSeq counters. It sends nothing.
 * The route set is fixed when the dialog is made; the remote target follows target refreshes.
 */
export class Dialog {
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  /** Our URI, with our tag. */
  readonly local: NameAddr;
  /** The peer's URI, with its tag when it has one (RFC 2543 peers have none). */
  readonly remote: NameAddr;
  readonly routeSet: readonly NameAddr[];
  readonly secure: boolean;
  #remoteTarget: Uri;
  #localCseq: number;
  #remoteCseq: number | undefined;

  private constructor(state: DialogState) {
    this.role = state.role;
    this.callId = state.callId;
    this.local = state.local;
    this.remote = state.remote;
    this.routeSet = state.routeSet;
    this.secure = state.secure;
    this.#remoteTarget = state.remoteTarget;
    this.#localCseq = state.localCseq;
    this.#remoteCseq = state.remoteCseq;
  }

  /** Our INVITE and a 101–299 to it. The route set is the Record-Route of that response, reversed. RFC 3261 §12.1.2. */
  static forCaller(request: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      role: 'uac',
      callId: request.callId,
      local: request.from,
      remote: response.to,
      routeSet: [...response.recordRoutes].reverse(),
      remoteTarget: contactOf(response) ?? request.uri,
      localCseq: request.cseq.number,
      remoteCseq: undefined,
      secure: isSips(request.uri),
    });
  }

  /** A peer's INVITE that we answer with `localTag`. RFC 3261 §12.1.1. */
  static forCallee(request: SipRequest, localTag: string, firstCseq: number): Dialog {
    return new Dialog({
      role: 'uas',
      callId: request.callId,
      local: request.to.withTag(localTag),
      remote: request.from,
      routeSet: [...request.recordRoutes],
      remoteTarget: contactOf(request) ?? request.from.uri,
      localCseq: firstCseq,
      remoteCseq: request.cseq.number,
      secure: isSips(request.uri),
    });
  }

  /** A dialog that was confirmed before, perhaps by another endpoint of ours. */
  static restored(state: DialogState): Dialog {
    return new Dialog(state);
  }

  get localTag(): string {
    return this.local.tag ?? '';
  }

  get remoteTag(): string {
    return this.remote.tag ?? '';
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  get remoteTarget(): Uri {
    return this.#remoteTarget;
  }

  /** The numbers of the newest requests of both sides; the peer's is undefined as long as there was none. */
  get cseqs(): { local: number; remote: number | undefined } {
    return { local: this.#localCseq, remote: this.#remoteCseq };
  }

  /** Number for our next request. ACK and CANCEL take that of their INVITE instead. */
  nextCseq(): number {
    this.#localCseq += 1;
    return this.#localCseq;
  }

  /**
   * True when the request is newer than all before it, which it then is remembered to be. RFC 3261 §12.2.2: an older one
   * gets 500. An equal one is refused too: real retransmissions are taken by their transaction before they come here.
   */
  takeRemoteCseq(number: number): boolean {
    if (this.#remoteCseq !== undefined && number <= this.#remoteCseq) return false;
    this.#remoteCseq = number;
    return true;
  }

  /** Target refresh by the Contact of a re-INVITE, an UPDATE or a 2xx to one. A message without one changes nothing. */
  refreshTarget(message: SipRequest | SipResponse): void {
    this.#remoteTarget = contactOf(message) ?? this.#remoteTarget;
  }

  /** The peer is known to be elsewhere now (a new registration). */
  retarget(target: Uri): void {
    this.#remoteTarget = target;
  }

  /** Request-URI and Route of a request in this dialog, with the detour for a strict router. RFC 3261 §12.2.1.1. */
  routing(): DialogRouting {
    return routeRequest(this.#remoteTarget, this.routeSet);
  }
}

/** Request-URI and Route header fields for a target behind a route set. RFC 3261 §12.2.1.1 and §16.12.1.1. */
export function routeRequest(target: Uri, routeSet: readonly NameAddr[]): DialogRouting {
  const first = routeSet[0];
  if (!first) return { requestUri: target, routes: [], nextHop: target };
  if (!(first.uri instanceof SipUri) || first.uri.isLooseRouter) {
    return { requestUri: target, routes: routeSet, nextHop: first.uri };
  }
  // A strict router (RFC 2543) wants itself in the Request-URI and the real target as the last Route.
  const routes = [...routeSet.slice(1), NameAddr.create({ uri: target })];
  return { requestUri: first.uri, routes, nextHop: first.uri };
}

function contactOf(message: SipRequest | SipResponse): Uri | undefined {
  const contacts = message.contacts;
  return contacts === '*' ? undefined : contacts[0]?.uri;
}

function isSips(uri: Uri): boolean {
  return uri instanceof SipUri && uri.scheme === 'sips';
}
