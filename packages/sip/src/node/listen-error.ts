import { SipTransportError } from '../message/errors.js';

const cures: Record<string, string> = {
  EADDRINUSE: 'another process listens there; stop it or choose another port',
  EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE; choose a higher port or grant it',
  EADDRNOTAVAIL: 'this machine has no such address; listen on one of its own or on 0.0.0.0',
};

/** The error of a listener that could not be opened: names the address and the cure. */
export function listenError(protocol: string, host: string, port: number, cause: unknown): SipTransportError {
  const { code = 'unknown error' } = cause as { code?: string };
  const cure = cures[code] ?? 'see the cause';
  return new SipTransportError(`cannot listen for SIP over ${protocol} on ${host}:${port} (${code}): ${cure}`, {
    cause,
  });
}
