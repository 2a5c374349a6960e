import { type IncomingInvite, NameAddr, OtherUri, type SipRequest, SipUri, type Uri } from '@intermix/sip';
import { accountSidOf } from '../auth/domains.js';
import { carrierUri, protocolOf } from '../carriers/carrier-address.js';
import type { CarrierLimits } from '../carriers/carrier-limits.js';
import type { CarrierSources } from '../carriers/carrier-sources.js';
import { isSimulatedNumber, mayDial } from '../carriers/dialling-rule.js';
import { normalizeNumber, toE164 } from '../numbers/normalize-number.js';
import type { Carrier, CarrierDirectory, Did, DidTarget, SipUser, UserDirectory } from '../ports/directory.js';
import type { Binding, LocationStore } from '../registrar/location-store.js';
import { routeOf } from '../registrar/registrar.js';
import type { BranchPlan, CallPlan, Refusal } from '../switch/call-plan.js';
import { mediaKindOfDevice, partyKindOfDevice } from '../switch/media-kind.js';
import type { Caller } from './caller.js';
import { customHeadersOf } from './custom-headers.js';

export interface RouterDeps {
  users: UserDirectory;
  carriers: CarrierDirectory;
  location: LocationStore;
  sources: CarrierSources;
  limits: CarrierLimits;
  domains: readonly string[];
  /** `+E.164` prefixes of the simulated PSTN's numbers. */
  simulatedPrefixes: readonly string[];
}

/** A call that belongs to no account is refused without a record. */
export type RouteResult = { ok: true; plan: CallPlan } | { ok: false; status: number; reason?: string };

type UserCaller = Extract<Caller, { kind: 'user' }>;
type PlanHead = Omit<CallPlan, 'branches' | 'refusal'>;

const unreachable: Refusal = { status: 480, why: 'unreachable' };

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
      appId: did.target?.appId,
      direction: 'inbound',
      from,
      to: did.number,
      caller: { kind: 'carrier', party: carrier.id, address: from },
      maxForwards,
      customHeaders: {},
    };
    const users = did.direction === 'outbound' ? [] : await this.#usersOf(did.target);
    const branches = users.flatMap((user) => this.#devicesOf(user, { number: from, name: from }));
    return {
      ok: true,
      plan:
        branches.length > 0
          ? { ...head, branches, ringTimeoutSec: did.ringTimeoutSec }
          : { ...head, branches, refusal: unreachable },
    };
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
    if (!target) return [];
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
      from: caller.user.sipUsername,
      to: userTextOf(dialled) ?? '',
      caller: {
        kind: partyKindOfDevice(flow, contactOf(request)),
        party: caller.user.userId,
        address: `sip:${caller.user.sipUsername}@${caller.domain}`,
        device: deviceOf(caller),
      },
      maxForwards,
      customHeaders: customHeadersOf(request),
    };
    if (otherAccount !== undefined && otherAccount !== accountSid)
      return refused(head, { status: 404, why: 'unknown-number' });
    const colleague = await this.#deps.users.findSipAccount(accountSid, head.to);
    if (colleague) return this.#toColleague(head, caller, colleague.user);
    return this.#toNumber(head, dialled);
  }

  #toColleague(head: PlanHead, caller: UserCaller, callee: SipUser): RouteResult {
    const { sipUsername, name } = caller.user;
    const branches = this.#devicesOf(callee, { number: sipUsername, name: name || sipUsername });
    if (branches.length === 0) return refused(head, unreachable);
    return { ok: true, plan: { ...head, to: callee.sipUsername, branches } };
  }

  async #toNumber(head: PlanHead, dialled: Uri): Promise<RouteResult> {
    const { accountSid } = head;
    const dids = (await this.#deps.carriers.listDids(accountSid)).filter((did) => did.direction !== 'inbound');
    const number = normalizeNumber(dialled instanceof SipUri ? (dialled.user ?? '') : dialled.toString(), {
      ...countryOf(this.#deps.sources.byId(dids[0]?.carrierId ?? '')),
    });
    if (number.kind !== 'e164') return refused(head, { status: 404, why: 'unknown-number' });
    const outbound: PlanHead = { ...head, direction: 'outbound', to: number.number };
    const choice = this.#carrierFor(number.number, dids);
    if (!choice.ok) return refused(outbound, { status: 403, reason: choice.reason, why: 'not-allowed' });
    return this.#throughCarrier({ ...outbound, from: choice.did.number }, choice.carrier, choice.did);
  }

  /**
   * The first of the account's numbers, oldest first, through whose carrier the number may be dialled. The simulated PSTN
   * answers any number, but real carriers go before it unless the number is one of its own.
   */
  #carrierFor(
    number: string,
    dids: readonly Did[],
  ): { ok: true; carrier: Carrier; did: Did } | { ok: false; reason: string } {
    let reason = 'No Carrier For This Account';
    const { sources, simulatedPrefixes } = this.#deps;
    const prefersSimulated = isSimulatedNumber(number, simulatedPrefixes);
    const choices = dids.flatMap((did) => {
      const carrier = sources.byId(did.carrierId);
      return carrier ? [{ did, carrier, rank: carrier.simulated === prefersSimulated ? 0 : 1 }] : [];
    });
    for (const { did, carrier } of choices.sort((a, b) => a.rank - b.rank)) {
      if (carrier.simulated && !sources.simulatedAddress) {
        reason = 'The Simulated PSTN Is Off';
        continue;
      }
      const verdict = mayDial(number, carrier, dids, simulatedPrefixes);
      if (verdict.ok) return { ok: true, carrier, did };
      reason = verdict.reason;
    }
    return { ok: false, reason };
  }

  #throughCarrier(head: PlanHead, carrier: Carrier, did: Did): RouteResult {
    const uri = this.#carrierUri(carrier, head.to);
    if (!uri) return refused(head, { status: 502, reason: 'Carrier Address Unusable', why: 'carrier-failed' });
    const permit = this.#deps.limits.acquire(carrier);
    if (!permit.ok) {
      const channels = permit.why === 'channels';
      const reason = channels ? 'Carrier Channels In Use' : 'Carrier Call Rate Exceeded';
      return refused(head, {
        status: 503,
        reason,
        headers: [['Retry-After', channels ? '5' : '1']],
        why: `carrier-${permit.why}`,
      });
    }
    const { outboundAuthUsername: username, outboundAuthPassword: password } = carrier;
    const protocol = protocolOf(carrier);
    const branch: BranchPlan = {
      kind: 'carrier',
      party: carrier.id,
      address: head.to,
      target: { uri, ...(protocol ? { protocol } : {}) },
      mediaKind: 'rtp',
      from: NameAddr.create({ uri: SipUri.create({ user: did.number, host: this.#deps.domains[0] ?? uri.host }) }),
      to: NameAddr.create({ uri }),
      release: () => permit.release(),
      ...(username && password !== undefined ? { credentials: { username, password } } : {}),
    };
    return { ok: true, plan: { ...head, branches: [branch] } };
  }

  #carrierUri(carrier: Carrier, number: string): SipUri | undefined {
    const address = this.#deps.sources.simulatedAddress;
    if (carrier.simulated && address) return SipUri.create({ user: number, host: address.host, port: address.port });
    return carrierUri(carrier, number);
  }

  #devicesOf(user: SipUser, caller: { number: string; name: string }): BranchPlan[] {
    return this.#deps.location.bindingsOf(user).map((binding) => branchTo(user, binding, caller));
  }
}

/** The Request-URI is the contact as registered, whose user part the device knows itself by; the flow takes it there. */
function branchTo(user: SipUser, binding: Binding, caller: { number: string; name: string }): BranchPlan {
  const route = routeOf(binding);
  const { domain } = binding;
  return {
    kind: partyKindOfDevice(binding.flow, binding.contactUri),
    party: user.userId,
    address: `sip:${user.sipUsername}@${domain}`,
    target: { uri: binding.contactUri, flow: binding.flow, ...(route.length > 0 ? { route } : {}) },
    mediaKind: mediaKindOfDevice(binding.flow, binding.contactUri),
    from: NameAddr.create({ displayName: caller.name, uri: SipUri.create({ user: caller.number, host: domain }) }),
    to: NameAddr.create({ uri: SipUri.create({ user: user.sipUsername, host: domain }) }),
    device: binding,
  };
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
