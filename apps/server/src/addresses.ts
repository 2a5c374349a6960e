import type { Bootstrap } from '@intermix/contracts';
import type { Config } from './config/settings.js';

const wildcard = /^(0\.0\.0\.0|::|\[::\])$/;

/** True for addresses that mean "every one of this machine" and so cannot be told to anybody. */
export function isWildcard(host: string): boolean {
  return wildcard.test(host);
}

export type Addresses = Pick<Bootstrap, 'http_url' | 'sip_ws_url' | 'sip_udp'>;

/** Where others reach this server: the listening addresses, or the announced one where those are wildcards. */
export function addressesOf(config: Config): Addresses {
  const reachable = (host: string) => (isWildcard(host) ? config.mediaAddress : host);
  const isTls = config.tlsCertFile !== undefined;
  const web = `${reachable(config.httpHost)}:${config.httpPort}`;
  return {
    http_url: `${isTls ? 'https' : 'http'}://${web}`,
    sip_ws_url: `${isTls ? 'wss' : 'ws'}://${web}/wss`,
    sip_udp: `${reachable(config.sipHost)}:${config.sipPort}`,
  };
}
