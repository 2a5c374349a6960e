import { type IncomingInvite, NameAddr, OtherUri, type SipRequest, SipUri, type Uri } from '@intermix/sip';
import { accountSidOf } from '../auth/domains.js';
import { toE164 } from '../numbers/normalize-number.js';
import type { CallPrograms, ProgramTarget } from '../ports/call-programs.js';
import type { Carrier, CarrierDirectory, Did, DidTarget, SipUser, UserDirectory } from '../ports/directory.js';
import type { IncomingCallPlan, Refusal } from '../switch/call-plan.js';
import { partyKindOfDevice } from '../switch/media-kind.js';
import type { Caller } from './caller.js';
import { customHeadersOf } from './custom-headers.js';
import type { DialOut } from './dial-out.js';
import type { UserDevices } from './user-devices.js';

export interface RouterDeps {
  users: UserDirectory;
  carriers: Pick<CarrierDirectory, 'findDid'>;
  devices: UserDevices;
  dialOut: DialOut;
  domains: readonly string[];
  /** Flows and bots that a number's target may name; without, there are none. */
  programs?: CallPrograms | undefined;
}

/** A call that belongs to no account is refused without a record. */
export type RouteResult = { ok: true; plan: IncomingCallPlan } | { ok: false; status: number; reason?: string };

type UserCaller = Extract<Caller, { kind: 'user' }>;
type PlanHead = Omit<IncomingCallPlan, 'branches' | 'refusal'>;

/** Decides who rings for an INVITE. Sends nothing. */
export class Router {
  readonly #deps: RouterDeps;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
  }

  /** `maxForwards` is what is left for the INVITEs that follow. Rejects only when a directory does. */
  route(incoming: IncomingInvite, caller: Caller, maxForwards: number): Promise<RouteResult> {
    return caller.kind === 'carrier'
      ? this.#fromCarrier(incoming.request, caller.carriers, maxForwards)
      : this.#fromUser(incoming, caller, maxForwards);
  }

  async #fromCarrier(request: SipRequest, carriers: readonly Carrier[], maxForwards: number): Promise<RouteResult> {
    const found = await this.#calledDid(request, carriers);
    if (!found) return { ok: false, status: 404 };
    const { did, carrier } = found;
    const from = partyOf(request.from.uri, carrier.destinationCountry);
    const head: PlanHead = {
      accountSid: did.accountSid,
      appId: did.target && 'appId' in did.target ? did.target.appId : undefined,
      direction: 'inbound',
      exophone: did.number,
      from,
      to: did.number,
      caller: { kind: 'carrier', party: carrier.id, address: from },
      maxForwards,
      customHeaders: {},
    };
    if (isProgram(did.target) && did.direction !== 'outbound') return this.#toProgram(head, did, did.target);
    const users = did.direction === 'outbound' ? [] : await this.#usersOf(did.target);
    const shown = { number: from, name: from, exophone: did.number };
    const { branches, refusal } = await this.#deps.devices.ofAll(users, shown);
    const plan: IncomingCallPlan = { ...head, userId: branches[0]?.userId ?? users[0]?.userId, branches };
    // That our own trunk is full or may not dial an agent's telephone is no matter of the carrier that asks.
    if (refusal) return { ok: true, plan: { ...plan, refusal: { status: 480, why: refusal.why } } };
    return { ok: true, plan: { ...plan, ringTimeoutSec: did.ringTimeoutSec } };
  }

  /** A number that names a flow or a bot which is gone is told to its owner by the record, and to the caller as no such number. */
  async #toProgram(head: PlanHead, did: Did, target: ProgramTarget): Promise<RouteResult> {
    const program = await this.#deps.programs?.find(did.accountSid, target);
    if (!program) return refused(head, { status: 404, why: target.type === 'bot' ? 'unknown-bot' : 'unknown-flow' });
    const { ringTimeoutSec } = did;
    return { ok: true, plan: { ...head, appId: program.appId, branches: [], program, ringTimeoutSec } };
  }

  /** The number called: in the Request-URI, or where carriers put it that call our registered contact (RFC 3455 §4.1). */
  async #calledDid(
    request: SipRequest,
    carriers: readonly Carrier[],
  ): Promise<{ did: Did; carrier: Carrier } | undefined> {
    const calledParty = request.headers.get('p-called-party-id');
    const texts = [
      userTextOf(request.uri),
      userTextOf(request.to.uri),
      calledParty ? uriTextOf(calledParty) : undefined,
    ];
    for (const text of texts) {
      const number = text === undefined ? undefined : toE164(text, countryOf(carriers[0]));
      const did = number === undefined ? undefined : await this.#deps.carriers.findDid(number);
      const carrier = carriers.find(({ id }) => id === did?.carrierId);
      if (did && carrier) return { did, carrier };
    }
    return undefined;
  }

  async #usersOf(target: DidTarget | undefined): Promise<SipUser[]> {
    if (!target || isProgram(target)) return [];
    const ids = target.type === 'user' ? [target.userId] : target.userIds;
    const users = await Promise.all(ids.map((id) => this.#deps.users.findUser(target.appId, id)));
    return users.filter((user) => user !== undefined);
  }

  async #fromUser(incoming: IncomingInvite, caller: UserCaller, maxForwards: number): Promise<RouteResult> {
    const { request, flow } = incoming;
    const dialled = request.uri;
    const { accountSid } = caller.user;
    const otherAccount = dialled instanceof SipUri ? accountSidOf(dialled.host, this.#deps.domains) : accountSid;
    const head: PlanHead = {
      accountSid,
      appId: caller.user.appId,
      direction: 'internal',
      userId: caller.user.userId,
      from: caller.user.sipUsername,
      to: userTextOf(dialled) ?? '',
      caller: {
        kind: partyKindOfDevice(flow, contactOf(request)),
        party: caller.user.userId,
        address: `sip:${caller.user.sipUsername}@${caller.domain}`,
        device: deviceOf(caller),
        userId: caller.user.userId,
        appId: caller.user.appId,
        userDevice: 'sip',
      },
      maxForwards,
      customHeaders: customHeadersOf(request),
    };
    if (otherAccount !== undefined && otherAccount !== accountSid)
      return refused(head, { status: 404, why: 'unknown-number' });
    const colleague = await this.#colleagueOf(caller.user, head.to);
    if (colleague) return this.#toColleague(head, caller, colleague);
    return this.#toNumber(head, caller.user, dialled);
  }

  /** Of the same app: others of the account may be another customer's, whose users nobody else is to learn of. */
  async #colleagueOf({ accountSid, appId }: SipUser, sipUsername: string): Promise<SipUser | undefined> {
    const found = await this.#deps.users.findSipAccount(accountSid, sipUsername);
    return found?.user.appId === appId ? found.user : undefined;
  }

  async #toColleague(head: PlanHead, caller: UserCaller, callee: SipUser): Promise<RouteResult> {
    const { sipUsername, name, virtualNumber: exophone } = caller.user;
    const shown = { number: sipUsername, name: name || sipUsername, exophone };
    const { branches, refusal } = await this.#deps.devices.of(callee, shown);
    if (refusal) return refused(head, refusal);
    return { ok: true, plan: { ...head, to: callee.sipUsername, branches } };
  }

  async #toNumber(head: PlanHead, user: SipUser, dialled: Uri): Promise<RouteResult> {
    const { dialOut } = this.#deps;
    const callerIds = await dialOut.callerIdsOf(head.accountSid);
    const text = dialled instanceof SipUri ? (dialled.user ?? '') : dialled.toString();
    const number = dialOut.numberOf(text, callerIds);
    if (number === undefined) return refused(head, { status: 404, why: 'unknown-number' });
    const outbound: PlanHead = { ...head, direction: 'outbound', to: number };
    const result = dialOut.dial(number, callerIds, [user.virtualNumber]);
    if (!result.ok) return refused(outbound, result.refusal);
    const { branch, exophone } = result;
    return { ok: true, plan: { ...outbound, from: exophone, exophone, branches: [branch] } };
  }
}

function isProgram(target: DidTarget | undefined): target is ProgramTarget {
  return target?.type === 'flow' || target?.type === 'bot';
}

function refused(head: PlanHead, refusal: Refusal): RouteResult {
  return { ok: true, plan: { ...head, branches: [], refusal } };
}

function deviceOf({ user, binding }: UserCaller) {
  return { accountSid: user.accountSid, sipUsername: user.sipUsername, instance: binding?.instance };
}

/** A browser behind a proxy is known by its contact. */
function contactOf(request: SipRequest): SipUri | undefined {
  const text = request.headers.get('contact');
  try {
    const uri = text === undefined ? undefined : NameAddr.parse(text).uri;
    return uri instanceof SipUri ? uri : undefined;
  } catch {
    return undefined;
  }
}

function countryOf(carrier: Carrier | undefined): { country?: string } {
  return carrier?.destinationCountry ? { country: carrier.destinationCountry } : {};
}

/** `+E.164` when it is a number, else the user part as it came: `anonymous`, a short code, a name. */
function partyOf(uri: Uri, country: string | undefined): string {
  const text = userTextOf(uri) ?? 'anonymous';
  return toE164(text, country ? { country } : {}) ?? (text.slice(0, 64) || 'anonymous');
}

function userTextOf(uri: Uri): string | undefined {
  if (uri instanceof SipUri) return uri.user;
  return uri instanceof OtherUri && uri.scheme === 'tel' ? uri.toString() : undefined;
}

function uriTextOf(nameAddr: string): string | undefined {
  try {
    return userTextOf(NameAddr.parse(nameAddr).uri);
  } catch {
    return undefined;
  }
}
