import { normalizeNumber } from '@intermix/calls';

/** An address of a dynamic URL's reply. */
export interface DialAddress {
  /** The number as it was written, for the switch to read by the country of the account's carrier; or a user's name. */
  name: string;
  /** `maybe`: digits that a user may have for a name, and that are a number of another country than India if nobody has. */
  number: 'surely' | 'maybe' | 'no';
}

/** Reads `+E.164`, a number as people write it, `sip:user`, `tel:number`, or the name of a user. */
export function readAddress(address: string): DialAddress {
  const name = /^sips?:([^@;]+)/i.exec(address)?.[1] ?? address;
  const read = normalizeNumber(name);
  if (read.kind === 'e164') return { name, number: 'surely' };
  const isDigits = read.kind === 'name' && /^\+?[\d\s().\-/]+$/.test(read.text) && /(\d\D*){7}/.test(read.text);
  return { name, number: isDigits ? 'maybe' : 'no' };
}
