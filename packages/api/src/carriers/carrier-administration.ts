import type { Carrier, Did } from '@intermix/calls';

export type NewCarrier = Omit<Carrier, 'id'>;
/** A key that is present and `undefined` clears its field. */
export type CarrierChange = Partial<Omit<Carrier, 'id' | 'accountSid' | 'simulated'>>;
export type NewDid = Omit<Did, 'id'>;
/** A key that is present and `undefined` clears its field. */
export type DidChange = Partial<Omit<Did, 'id' | 'carrierId' | 'accountSid'>>;

/**
 * Carriers and numbers of an account. Implemented by the store, whose conflicts carry the code `ERR_STORE_CONFLICT` and the
 * field. Reads give undefined, and deletions false, for what the account does not have.
 */
export interface CarrierAdministration {
  listCarriersOf(accountSid: string): Promise<Carrier[]>;
  getCarrier(accountSid: string, carrierId: string): Promise<Carrier | undefined>;
  createCarrier(carrier: NewCarrier): Promise<Carrier>;
  updateCarrier(accountSid: string, carrierId: string, change: CarrierChange): Promise<Carrier | undefined>;
  deleteCarrier(accountSid: string, carrierId: string): Promise<boolean>;
  listDidsOfCarrier(accountSid: string, carrierId: string): Promise<Did[]>;
  getDid(accountSid: string, didId: string): Promise<Did | undefined>;
  createDid(did: NewDid): Promise<Did>;
  updateDid(accountSid: string, didId: string, change: DidChange): Promise<Did | undefined>;
  deleteDid(accountSid: string, didId: string): Promise<boolean>;
}
