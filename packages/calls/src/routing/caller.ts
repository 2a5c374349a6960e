import type { Carrier, SipUser } from '../ports/directory.js';
import type { Binding } from '../registrar/location-store.js';

/** Who placed a call, proved. */
export type Caller =
  | {
      kind: 'user';
      user: SipUser;
      /** The domain in which the user is known. */
      domain: string;
      /** The device, when it is registered over the flow of the INVITE. */
      binding: Binding | undefined;
    }
  /** Several carriers may share a source; the number called tells which it is. */
  | { kind: 'carrier'; carriers: readonly Carrier[] };

/** The final response to an INVITE whose sender is not known (yet). */
export interface Challenge {
  kind: 'refused';
  status: number;
  reason?: string;
  headers?: ReadonlyArray<readonly [string, string]>;
}
