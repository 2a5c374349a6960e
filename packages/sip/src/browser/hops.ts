// For `ua/hops.ts`: requests go over the flow that their target names; nothing is looked up.
import { SipTransportError } from '../message/errors.js';
import type { Flow } from '../transport/flow.js';
import type { Hops } from '../ua/core.js';

/** A target with a flow: there is nowhere else to go. */
export function flowHop(flow: Flow): Hops {
  return { known: flow, next: async () => undefined };
}

/** A target without a flow: it cannot be reached. */
export class ResolvedHops implements Hops {
  readonly known = undefined;

  async next(): Promise<undefined> {
    return undefined;
  }
}

/** Never reached where there is no resolver. */
export async function firstFlow(): Promise<Flow> {
  throw new SipTransportError('no address of the peer can be reached');
}
