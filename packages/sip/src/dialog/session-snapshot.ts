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
const MAX_CSEQ = 0x7fffffff; // RFC 3261 §8.1.1.5: below 2**31.
const MAX_ROUTES = 20;
const MIN_TIMER_SEC = 90;

/** The dialog of a snapshot, its own numbers moved ahead. Throws SessionSnapshotError, whatever the snapshot is. */
export function restoreDialog(snapshot: SessionSnapshot): Dialog {
  try {
    return restore(snapshot);
  } catch (cause) {
    throw cause instanceof SessionSnapshotError ? cause : new SessionSnapshotError('is not one of ours', { cause });
  }
}

function restore(snapshot: SessionSnapshot): Dialog {
  const { v, role, callId, routes, localCseq, remoteCseq, timer, contactUser } = snapshot;
  check(v === 1 && (role === 'uac' || role === 'uas'), 'has another version or no role');
  check(typeof callId === 'string' && /^[\x21-\x7e]{1,256}$/.test(callId), 'has no Call-ID');
  check(isCseq(localCseq) && localCseq + CSEQ_STEP < MAX_CSEQ, 'has no sequence number');
  check(remoteCseq === undefined || isCseq(remoteCseq), 'has a bad sequence number of the peer');
  check(Array.isArray(routes) && routes.length <= MAX_ROUTES, 'has no route set');
  check(timer === undefined || (timer.sec >= MIN_TIMER_SEC && timer.sec < MAX_CSEQ), 'has a bad session timer');
  check(contactUser === undefined || /^[\w.~-]{1,64}$/.test(contactUser), 'has a bad contact user');
  const local = NameAddr.parse(snapshot.local);
  check(local.tag !== undefined, 'has no local tag');
  return Dialog.restored({
    role,
    callId,
    local,
    remote: NameAddr.parse(snapshot.remote),
    routeSet: routes.map((route) => NameAddr.parse(route)),
    remoteTarget: parseUri(snapshot.remoteTarget),
    localCseq: localCseq + CSEQ_STEP,
    remoteCseq,
    secure: snapshot.secure === true,
  });
}

function isCseq(number: unknown): boolean {
  return Number.isInteger(number) && (number as number) >= 0 && (number as number) <= MAX_CSEQ;
}

function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new SessionSnapshotError(problem);
}
