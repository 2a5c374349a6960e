import { NameAddr, SipUri } from '@intermix/sip';
import { carrierUri, protocolOf } from '../carriers/carrier-address.js';
import type { CarrierLimits } from '../carriers/carrier-limits.js';
import type { CarrierSources } from '../carriers/carrier-sources.js';
import { isSimulatedNumber, mayDial } from '../carriers/dialling-rule.js';
import { normalizeNumber } from '../numbers/normalize-number.js';
import type { Carrier, CarrierDirectory, Did } from '../ports/directory.js';
import type { BranchPlan, Refusal } from '../switch/call-plan.js';

export interface DialOutDeps {
  carriers: Pick<CarrierDirectory, 'listDids'>;
  sources: CarrierSources;
  limits: CarrierLimits;
  domains: readonly string[];
  /** `+E.164` prefixes of the simulated PSTN's numbers. */
  simulatedPrefixes: readonly string[];
}

/** A telephone that may be dialled, and the number of ours that it is shown. */
export type DialResult = { ok: true; branch: BranchPlan; exophone: string } | { ok: false; refusal: Refusal };

type Choice = { carrier: Carrier; did: Did };

/** The way to telephones: which carrier, which caller id, and whether it is allowed. Sends nothing. */
export class DialOut {
  readonly #deps: DialOutDeps;

  constructor(deps: DialOutDeps) {
    this.#deps = deps;
  }

  /** The account's numbers that may be shown as caller id, oldest first. */
  async callerIdsOf(accountSid: string): Promise<Did[]> {
    return (await this.#deps.carriers.listDids(accountSid)).filter((did) => did.direction !== 'inbound');
  }

  /** `+E.164` of what was dialled, read as in the country of the account's first carrier; undefined when it is no number. */
  numberOf(dialled: string, callerIds: readonly Did[]): string | undefined {
    const country = this.#deps.sources.byId(callerIds[0]?.carrierId ?? '')?.destinationCountry;
    const number = normalizeNumber(dialled, country ? { country } : {});
    return number.kind === 'e164' ? number.number : undefined;
  }

  /**
   * A branch to the number, which holds a channel of its carrier until `release`. `preferred` are the caller ids to show,
   * best first, where the account has them and their carrier may dial the number.
   */
  dial(number: string, callerIds: readonly Did[], preferred: ReadonlyArray<string | undefined>): DialResult {
    const choice = this.#choose(number, callerIds, preferred);
    if ('reason' in choice) return { ok: false, refusal: { status: 403, reason: choice.reason, why: 'not-allowed' } };
    return this.#through({ carrier: choice.carrier, shown: choice.did.number }, number);
  }

  /**
   * A branch to the account's own exchange behind this carrier, for the number of ours that was called. `shown` is who calls.
   * The simulated PSTN is no exchange of anybody's.
   */
  throughTrunk(
    carrierId: string,
    { accountSid, number, shown }: { accountSid: string; number: string | undefined; shown: string | undefined },
  ): DialResult {
    const carrier = this.#deps.sources.byId(carrierId);
    if (carrier?.accountSid !== accountSid || carrier.simulated)
      return { ok: false, refusal: { status: 404, why: 'unknown-trunk' } };
    if (number === undefined) return { ok: false, refusal: { status: 404, why: 'unknown-number' } };
    return this.#through({ carrier, shown: shown ?? number }, number);
  }

  /**
   * The simulated PSTN's own numbers are dialled there. Any other: by the caller id that is preferred, else by the oldest,
   * real carriers before the simulated one, which would answer any number.
   */
  #choose(
    number: string,
    callerIds: readonly Did[],
    preferred: ReadonlyArray<string | undefined>,
  ): Choice | { reason: string } {
    const { sources, simulatedPrefixes } = this.#deps;
    const isSimulated = isSimulatedNumber(number, simulatedPrefixes);
    const choices = callerIds.flatMap((did) => {
      const carrier = sources.byId(did.carrierId);
      if (!carrier) return [];
      const place = preferred.indexOf(did.number);
      const preference = place < 0 ? preferred.length : place;
      const network = carrier.simulated === isSimulated ? 0 : 1;
      return [{ did, carrier, rank: isSimulated ? [network, preference] : [preference, network] }];
    });
    let reason = 'No Carrier For This Account';
    for (const { did, carrier } of choices.sort((a, b) => byRank(a.rank, b.rank))) {
      if (carrier.simulated && !sources.simulatedAddress) {
        reason = 'The Simulated PSTN Is Off';
        continue;
      }
      const verdict = mayDial(number, carrier, callerIds, simulatedPrefixes);
      if (verdict.ok) return { carrier, did };
      reason = verdict.reason;
    }
    return { reason };
  }

  #through({ carrier, shown }: { carrier: Carrier; shown: string }, number: string): DialResult {
    const uri = this.#uriOf(carrier, number);
    if (!uri) return { ok: false, refusal: { status: 502, reason: 'Carrier Address Unusable', why: 'carrier-failed' } };
    const permit = this.#deps.limits.acquire(carrier);
    if (!permit.ok) return { ok: false, refusal: limitReached(permit.why) };
    const { outboundAuthUsername: username, outboundAuthPassword: password } = carrier;
    const protocol = protocolOf(carrier);
    const branch: BranchPlan = {
      kind: 'carrier',
      party: carrier.id,
      address: number,
      target: { uri, ...(protocol ? { protocol } : {}) },
      mediaKind: 'rtp',
      from: NameAddr.create({ uri: SipUri.create({ user: shown, host: this.#deps.domains[0] ?? uri.host }) }),
      to: NameAddr.create({ uri }),
      release: () => permit.release(),
      ...(username && password !== undefined ? { credentials: { username, password } } : {}),
    };
    return { ok: true, branch, exophone: shown };
  }

  #uriOf(carrier: Carrier, number: string): SipUri | undefined {
    const address = this.#deps.sources.simulatedAddress;
    if (carrier.simulated && address) return SipUri.create({ user: number, host: address.host, port: address.port });
    return carrierUri(carrier, number);
  }
}

function limitReached(why: 'channels' | 'rate'): Refusal {
  const isChannels = why === 'channels';
  return {
    status: 503,
    reason: isChannels ? 'Carrier Channels In Use' : 'Carrier Call Rate Exceeded',
    headers: [['Retry-After', isChannels ? '5' : '1']],
    why: `carrier-${why}`,
  };
}

function byRank(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
}
