import { SessionSnapshotError } from '../message/errors.js';
import { NameAddr } from '../message/name-addr.js';
import { parseUri } from '../message/uri.js';
import { Dialog } from './dialog.js';

/**
 * A confirmed dialog as plain JSON, so that another endpoint with the same account can go on with it: the page after its
 * reload, or another tab. It holds addresses and numbers of the call and no secret. RFC 3261 §12 names its parts.
 */
export interface SessionSnapshot {
  v: 1;
  role: 'uac' | 'uas';
  callId: string;
  /** Our URI and the peer's, name-addr text with the tags. */
  local: string;
  remote: string;
  /** Route set, in the order in which we write it. */
  routes: readonly string[];
  remoteTarget: string;
  localCseq: number;
  /** Absent as long as the peer has sent no request. */
  remoteCseq?: number;
  secure: boolean;
  /** RFC 4028, where a timer runs: the interval in seconds, and whose the refresh is. */
  timer?: { sec: number; weRefresh: boolean };
  /** User part of our Contact. */
  contactUser?: string;
}

/** Requests that the former owner may have sent after its snapshot was taken; their numbers are not used again. */
const CSEQ_STEP = 1000;
const MAX_CSEQ = 2 ** 31 - 1; // RFC 3261 §8.1.1.5.
const MAX_ROUTES = 20;
const MIN_TIMER_SEC = 90; // RFC 4028 §4.

/** The snapshot of a dialog, with what else belongs to its session. */
export function snapshotOf(
  dialog: Dialog,
  { timer, contactUser }: { timer: SessionSnapshot['timer'] | undefined; contactUser: string | undefined },
): SessionSnapshot {
  const { role, callId, local, remote, routeSet, remoteTarget, cseqs, secure } = dialog;
  return {
    v: 1,
    role,
    callId,
    local: local.toString(),
    remote: remote.toString(),
    routes: routeSet.map(String),
    remoteTarget: remoteTarget.toString(),
    localCseq: cseqs.local,
    ...(cseqs.remote === undefined ? {} : { remoteCseq: cseqs.remote }),
    secure,
    ...(timer ? { timer } : {}),
    ...(contactUser === undefined ? {} : { contactUser }),
  };
}

/** The dialog of a snapshot, its own numbers moved ahead. Throws SessionSnapshotError, whatever the snapshot is. */
export function restoreDialog(snapshot: SessionSnapshot): Dialog {
  try {
    if (!isSound(snapshot)) throw new Error('a field is missing or wrong');
    const { role, callId, local, remote, routes, remoteTarget, localCseq, remoteCseq, secure } = snapshot;
    return Dialog.restored({
      role,
      callId,
      local: NameAddr.parse(local),
      remote: NameAddr.parse(remote),
      routeSet: routes.map((route) => NameAddr.parse(route)),
      remoteTarget: parseUri(remoteTarget),
      localCseq: localCseq + CSEQ_STEP,
      remoteCseq,
      secure,
    });
  } catch (cause) {
    throw new SessionSnapshotError({ cause });
  }
}

/** What the parsers do not see to. */
function isSound({ v, role, callId, local, routes, localCseq, remoteCseq = 0, timer, contactUser }: SessionSnapshot) {
  return (
    v === 1 &&
    /^ua[cs]$/.test(role) &&
    /^[!-~]{1,256}$/.test(callId) &&
    NameAddr.parse(local).tag !== undefined &&
    routes.length <= MAX_ROUTES &&
    isCseq(localCseq + CSEQ_STEP) &&
    isCseq(remoteCseq) &&
    !(timer && !(timer.sec >= MIN_TIMER_SEC && timer.sec < MAX_CSEQ)) &&
    /^[\w.~-]{0,64}$/.test(contactUser ?? '')
  );
}

function isCseq(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= MAX_CSEQ;
}
