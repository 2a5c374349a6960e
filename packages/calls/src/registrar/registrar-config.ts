export interface RegistrarConfig {
  /** Seconds granted when the client asks for none. */
  defaultExpiresSec: number;
  /** Shorter wishes get 423. */
  minExpiresSec: number;
  /** Longer wishes are cut to this. */
  maxExpiresSec: number;
  /** Devices of one user; a further one replaces the oldest. */
  maxBindingsPerUser: number;
}

export const defaultRegistrarConfig: RegistrarConfig = {
  defaultExpiresSec: 300,
  minExpiresSec: 30,
  maxExpiresSec: 3600,
  maxBindingsPerUser: 10,
};
