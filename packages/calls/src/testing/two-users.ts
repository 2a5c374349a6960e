import type { SwitchboardConfig } from '../switch/create-switchboard.js';
import { Bench } from './bench.js';

export const number = '+918047110001';
export const fromCustomer = '<sip:+919876543210@203.0.113.5>';

/** Alice and Bob of one account, a carrier at 203.0.113.5, and a number that rings them both. */
export async function makeBench(
  config: Partial<SwitchboardConfig> = {},
  userIds = ['u-alice', 'u-bob'],
): Promise<Bench> {
  const bench = new Bench(config);
  bench.directory.addUser('alice', { name: 'Alice A' });
  bench.directory.addUser('bob');
  bench.directory.addCarrier();
  bench.directory.addDid(number, userIds);
  return bench.start();
}

/** The carrier dials the number. */
export function dialIn(
  carrier: { call: import('./phone.js').Phone['call'] },
  options: import('./phone.js').CallOptions = {},
  dialled = number,
) {
  return carrier.call(`sip:${dialled}@10.0.0.1`, fromCustomer, options);
}
