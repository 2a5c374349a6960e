import { VoiceError } from '../errors.js';
import { icoreBaseURL, voipDomain, voipDomainSIP } from './constants.js';

export interface CrmHostOptions {
  /**
   * The server, in place of Exotel's: `calls.example.com`, `https://calls.example.com`, `http://127.0.0.1:8080`. Without a
   * scheme it is https, but for this machine itself. Its SIP WebSocket is then `/wss` of the same host.
   */
  host?: string;
  sip?: {
    /** Address of the SIP WebSocket, where it is not on `host`: `wss://sip.example.com/wss`. */
    url?: string;
    /** What follows the account's sid and a dot in SIP addresses; `voip.exotel.com`, which our server takes as well. */
    domain?: string;
  };
}

/** Where a CRM page finds its server. */
export interface CrmHost {
  /** Base of the REST API, without a slash at its end. */
  apiUrl: string;
  sipUrl: URL;
  sipDomain: string;
}

/** Reads the options; without any it is Exotel's own. Throws VoiceError `invalid-options`. */
export function crmHostOf({ host, sip = {} }: CrmHostOptions): CrmHost {
  const sipDomain = sip.domain ?? voipDomainSIP;
  const exotelSip = host === undefined ? `wss://${voipDomain}/wss` : undefined;
  const base = host === undefined ? new URL(icoreBaseURL) : hostUrl(host);
  const near = `${base.protocol === 'https:' ? 'wss' : 'ws'}://${base.host}/wss`;
  return {
    apiUrl: base.href.replace(/\/+$/, ''),
    sipUrl: urlOf('sip.url', sip.url ?? exotelSip ?? near, /^wss?:$/),
    sipDomain,
  };
}

function hostUrl(host: string): URL {
  if (/^[a-z][a-z+.-]*:\/\//i.test(host)) return urlOf('host', host, /^https?:$/);
  const isHere = /^(?:localhost|127\.[\d.]+|\[::1\])(?::|\/|$)/.test(host);
  return urlOf('host', `${isHere ? 'http' : 'https'}://${host}`, /^https?:$/);
}

function urlOf(field: string, text: string, protocols: RegExp): URL {
  try {
    const url = new URL(text);
    if (protocols.test(url.protocol)) return url;
  } catch {
    // The same refusal as for another protocol.
  }
  throw new VoiceError('invalid-options', `"${field}" is no address of a server: ${text}`, { field });
}
