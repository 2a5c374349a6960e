import type { CodecName } from '@intermix/media';
import type { Flow, SipUri } from '@intermix/sip';

/** Whom a binding belongs to: an address of record without its spelling of the domain. */
export interface Aor {
  accountSid: string;
  sipUsername: string;
}

/** One device of one user: address of record → contact, RFC 3261 §10. */
export interface Binding extends Aor {
  userId: string;
  appId: string;
  /** The domain that the device registered with; written into From and To towards it. */
  domain: string;
  /** The Contact element exactly as sent, without its `expires` parameter. */
  contact: string;
  contactUri: SipUri;
  /** `+sip.instance` and `reg-id`, RFC 5626 §4.1. */
  instance: string | undefined;
  regId: string | undefined;
  /** Codec that the device wants first in our offers. */
  preferredCodec?: CodecName | undefined;
  /** Path header values, RFC 3327, in order. */
  path: readonly string[];
  /** Requests to the device go over this flow whatever the contact's host says (RFC 7118 §5). */
  flow: Flow;
  callId: string;
  cseq: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  registeredAt: number;
  userAgent: string | undefined;
}

/**
 * Where the bindings in force are kept. Synchronous on purpose: a binding points at a flow of this very process, so it
 * cannot outlive it, and a REGISTER is applied in one step. What others want to keep is told by the registrar's events.
 */
export interface LocationStore {
  /** Bindings of an address of record, newest first. */
  bindingsOf(aor: Aor): readonly Binding[];
  bindingsOnFlow(flowId: string): readonly Binding[];
  /** Of all users of an app. Looks at every binding: for what happens rarely. */
  bindingsOfApp(accountSid: string, appId: string): readonly Binding[];
  put(binding: Binding): void;
  remove(binding: Binding): void;
  readonly size: number;
}

export class MemoryLocationStore implements LocationStore {
  readonly #byAor = new Map<string, Binding[]>();
  readonly #byFlow = new Map<string, Set<Binding>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  bindingsOf(aor: Aor): readonly Binding[] {
    return this.#byAor.get(keyOf(aor)) ?? [];
  }

  bindingsOnFlow(flowId: string): readonly Binding[] {
    return [...(this.#byFlow.get(flowId) ?? [])];
  }

  bindingsOfApp(accountSid: string, appId: string): readonly Binding[] {
    const all = [...this.#byAor.values()].flat();
    return all.filter((binding) => binding.appId === appId && binding.accountSid === accountSid);
  }

  put(binding: Binding): void {
    const key = keyOf(binding);
    this.#byAor.set(key, [binding, ...this.bindingsOf(binding)]);
    const onFlow = this.#byFlow.get(binding.flow.id) ?? new Set();
    this.#byFlow.set(binding.flow.id, onFlow.add(binding));
    this.#size++;
  }

  remove(binding: Binding): void {
    const before = this.bindingsOf(binding);
    const left = before.filter((other) => other !== binding);
    if (left.length === before.length) return;
    if (left.length > 0) this.#byAor.set(keyOf(binding), left);
    else this.#byAor.delete(keyOf(binding));
    const onFlow = this.#byFlow.get(binding.flow.id);
    onFlow?.delete(binding);
    if (onFlow?.size === 0) this.#byFlow.delete(binding.flow.id);
    this.#size--;
  }
}

export function keyOf(aor: Aor): string {
  return `${aor.accountSid}/${aor.sipUsername}`;
}
