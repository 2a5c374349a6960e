import { decryptSipSecret } from './sip-secret.js';

/** `Data` of `GET /usermapping?user_id=`, as far as a phone needs it. */
export interface UserMapping {
  AppID: string;
  AppUserId: string;
  /** See `decryptSipSecret`. */
  SipSecret: string;
  /** `sip:<SIP user name>` */
  SipId: string;
  ExotelUserName: string;
  customer_id: string;
}

/** The agent, with the members that Exotel's `User` has. */
export class User {
  readonly appId: string;
  readonly appUserId: string;
  readonly sipId: string;
  readonly exotelUserName: string;
  readonly customerId: string;
  readonly #encrypted: string;

  constructor(mapping: UserMapping) {
    this.appId = mapping.AppID;
    this.appUserId = mapping.AppUserId;
    this.sipId = mapping.SipId;
    this.exotelUserName = mapping.ExotelUserName;
    this.customerId = mapping.customer_id;
    this.#encrypted = mapping.SipSecret;
  }

  /** The SIP password; empty when it cannot be read, as Exotel's gives it. */
  get sipSecret(): string {
    try {
      return decryptSipSecret(this.#encrypted);
    } catch {
      return '';
    }
  }
}
