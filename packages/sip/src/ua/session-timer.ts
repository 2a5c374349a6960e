import {
  allowedMethods,
  optionTags,
  parseDeltaSeconds,
  parseParameterized,
  supports,
} from '../message/header-values.js';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.js';
import { Alarm, type UaCore } from './core.js';
import type { Refusal } from './method-checks.js';
import type { ExtraHeaders, SipFailure } from './types.js';

/** RFC 4028 §4: nobody may be asked to refresh more often. Seconds. */
const minIntervalSec = 90;
const shortestRetryMs = 5_000;

interface SessionExpires {
  sec: number;
  refresher: string | undefined;
}

export interface SessionTimerHost {
  /** Sends an UPDATE without SDP, and gives what came of it. */
  refresh(headers: ExtraHeaders, done: (outcome: SipResponse | SipFailure) => void): void;
  /** Nobody refreshed the session in time. */
  expired(): void;
}

/**
 * The session timer of one dialog, RFC 4028, where the peer asks for it: each refresh moves the end of the session on.
 *
 *   off ──peer's INVITE, re-INVITE or UPDATE with Session-Expires──► running ──no refresh in time──► expired
 *    ▲                                                                │   ▲
 *    └──────────────── refresh without Session-Expires ───────────────┤   │ refresh by either side
 *                                                                     └───┘
 *
 * Ours is the refresh when the peer says `refresher=uas`, or does not know timers itself; by UPDATE alone, since a
 * re-INVITE would open the media again.
 */
export class SessionTimer {
  readonly #host: SessionTimerHost;
  readonly #watch: Alarm;
  readonly #refresh: Alarm;
  #intervalSec: number | undefined;
  #weRefresh = false;
  #closed = false;

  constructor(core: UaCore, host: SessionTimerHost) {
    this.#host = host;
    this.#watch = new Alarm(core.clock);
    this.#refresh = new Alarm(core.clock);
  }

  /** The header fields for our 2xx to a request of the peer. Begins anew, or ends, as the request asks. */
  answer(request: SipRequest): ExtraHeaders {
    const asked = sessionExpiresOf(request);
    const isKnown = supports(request, 'timer');
    const weRefresh = asked?.refresher === 'uas' || !isKnown;
    const canRefresh = !weRefresh || allowedMethods(request)?.includes('UPDATE');
    if (!asked || asked.sec < minIntervalSec || !isServed(request) || !canRefresh) {
      this.#stop();
      return [];
    }
    this.#run(asked.sec, weRefresh);
    return [
      ['Session-Expires', `${asked.sec};refresher=${weRefresh ? 'uas' : 'uac'}`],
      ['Supported', 'timer'],
      ...(isKnown ? [['Require', 'timer'] as const] : []),
    ];
  }

  /** The header fields for a re-INVITE or UPDATE of ours: roles stay as they are. Empty while no timer runs. */
  get offer(): ExtraHeaders {
    if (this.#intervalSec === undefined) return [];
    return [
      ['Supported', 'timer'],
      ['Session-Expires', `${this.#intervalSec};refresher=${this.#weRefresh ? 'uac' : 'uas'}`],
    ];
  }

  /** A 2xx to a re-INVITE or UPDATE of ours. */
  accepted(response: SipResponse): void {
    if (this.#intervalSec === undefined) return;
    const granted = sessionExpiresOf(response);
    if (granted) this.#run(Math.max(granted.sec, minIntervalSec), granted.refresher !== 'uas');
    else this.#stop();
  }

  /** What runs, for a snapshot; undefined while no timer does. */
  get running(): { sec: number; weRefresh: boolean } | undefined {
    return this.#intervalSec === undefined ? undefined : { sec: this.#intervalSec, weRefresh: this.#weRefresh };
  }

  /** Goes on in a resumed session: its taking up is a refresh, so that the interval begins anew. */
  resume({ sec, weRefresh }: { sec: number; weRefresh: boolean }): void {
    this.#run(sec, weRefresh);
  }

  /** The session is over. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#intervalSec = undefined;
    this.#watch.clear();
    this.#refresh.clear();
  }

  /** RFC 4028 §10: the refresher acts at half the interval; who waits gives up 32 s, or a third, before its end. */
  #run(sec: number, weRefresh: boolean): void {
    if (this.#closed) return;
    this.#intervalSec = sec;
    this.#weRefresh = weRefresh;
    this.#watch.set((sec - Math.min(32, sec / 3)) * 1000, () => this.#host.expired());
    if (weRefresh) this.#refresh.set(sec * 500, () => this.#send([]));
    else this.#refresh.clear();
  }

  #send(more: ExtraHeaders): void {
    const headers: ExtraHeaders = [...this.offer, ...more];
    this.#host.refresh(headers, (outcome) => {
      if (this.#closed || this.#intervalSec === undefined) return;
      if ('headers' in outcome && outcome.status < 300) return this.accepted(outcome);
      const least = 'headers' in outcome ? parseDeltaSeconds(outcome.headers.get('Min-SE')) : undefined;
      if (outcome.status === 422 && least !== undefined && least > this.#intervalSec) {
        this.#intervalSec = least;
        this.#send([['Min-SE', String(least)]]);
        return;
      }
      const retryMs = Math.max(shortestRetryMs, this.#intervalSec * 100);
      this.#refresh.set(retryMs, () => this.#send([])); // The watch runs on meanwhile.
    });
  }
}

/** An interval that is too short gets 422 with Min-SE, when its sender understands that. RFC 4028 §9. */
export function refuseInterval(request: SipRequest): Refusal | undefined {
  const asked = sessionExpiresOf(request);
  if (!asked || asked.sec >= minIntervalSec || !supports(request, 'timer') || !isServed(request)) return undefined;
  return { status: 422, headers: [['Min-SE', String(minIntervalSec)]] };
}

/** Browsers refresh by themselves, but slow timers down in the background: their end is told by their connection. */
function isServed(request: SipRequest): boolean {
  return !request.topVia.protocol.startsWith('WS') || optionTags(request, 'Require').includes('timer');
}

function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  const read = parseParameterized(message.headers.get('Session-Expires') ?? '');
  const sec = parseDeltaSeconds(read?.value);
  return sec === undefined ? undefined : { sec, refresher: read?.params.get('refresher')?.toLowerCase() };
}
