import type { ProgramTarget } from './call-programs.js';

/** A person with a SIP account. `sipUsername` is unique within `domain`. */
export interface SipUser {
  accountSid: string;
  appId: string;
  userId: string;
  name: string;
  sipUsername: string;
  /** E.164 number of the person's telephone, if any. */
  phone: string | undefined;
  /** Which devices ring; at least one is on. */
  devices: { sip: boolean; phone: boolean };
  /** Caller id of calls that the user places, `+E.164`; undefined: the account's first number. */
  virtualNumber: string | undefined;
}

/** Credentials of a SIP user, as the digest check needs them. Never logged. */
export interface SipCredentials {
  password: string;
}

/** Who may register, and who is called. Implemented by the store. Domains: `<account_sid>.<anything configured>`. */
export interface UserDirectory {
  /** The user and the password for `sip:sipUsername@…` of an account; undefined when there is none. */
  findSipAccount(
    accountSid: string,
    sipUsername: string,
  ): Promise<{ user: SipUser; credentials: SipCredentials } | undefined>;
  findUser(appId: string, userId: string): Promise<SipUser | undefined>;
}

export type CarrierTransport = 'auto' | 'udp' | 'tcp' | 'tls';

/** A trunk: a carrier relation. */
export interface Carrier {
  id: string;
  accountSid: string;
  name: string;
  /** `host`, `host:port` or `[v6]:port`. */
  sipAddress: string;
  transport: CarrierTransport;
  /** How its calls to us are known: by source address, or by digest. */
  inboundAuthMode: 'ip' | 'credentials';
  inboundAuthUsername: string | undefined;
  inboundAuthPassword: string | undefined;
  /** Addresses or CIDR ranges. Empty with mode `ip`: the addresses of `sipAddress`. */
  inboundAllowedAddresses: readonly string[];
  outboundAuthUsername: string | undefined;
  outboundAuthPassword: string | undefined;
  /** Calls per second, burst and concurrent calls that we may place. */
  outboundCps: number;
  outboundBurst: number;
  outboundChannels: number;
  /** `+E.164` prefixes that may be dialled besides the countries of the account's own numbers: see `mayDial`. */
  outboundAllowedPrefixes: readonly string[];
  /** ISO 3166 alpha-2: country of numbers without a prefix. */
  destinationCountry: string | undefined;
  /** The built-in simulated PSTN; its address is known at run time only. */
  simulated: boolean;
}

/** Where a call to a number goes. */
export type DidTarget =
  | { type: 'user'; appId: string; userId: string }
  | { type: 'users'; appId: string; userIds: readonly string[] }
  | ProgramTarget;

/** A number that a carrier brings to us. */
export interface Did {
  id: string;
  carrierId: string;
  accountSid: string;
  /** `+E.164`, unique in the installation. */
  number: string;
  label: string | undefined;
  direction: 'inbound' | 'outbound' | 'both';
  target: DidTarget | undefined;
  /** Seconds after which an unanswered call to this number ends; the switch's own setting when undefined. */
  ringTimeoutSec: number | undefined;
}

/** Carriers and numbers. Implemented by the store; read on the call path, so implementations cache. */
export interface CarrierDirectory {
  listCarriers(): Promise<readonly Carrier[]>;
  findDid(number: string): Promise<Did | undefined>;
  /** Numbers that an account may show as caller id, oldest first. */
  listDids(accountSid: string): Promise<readonly Did[]>;
}
