import type { MediaDirection } from '../types.js';

export const sends = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'sendonly';
export const receives = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'recvonly';

export function directionOf(doesSend: boolean, doesReceive: boolean): MediaDirection {
  if (doesSend) return doesReceive ? 'sendrecv' : 'sendonly';
  return doesReceive ? 'recvonly' : 'inactive';
}

/** The same direction seen from the other end. */
export const reversed = (direction: MediaDirection): MediaDirection =>
  directionOf(receives(direction), sends(direction));

/** What is left when both must agree. RFC 3264 §6.1. */
export const intersection = (a: MediaDirection, b: MediaDirection): MediaDirection =>
  directionOf(sends(a) && sends(b), receives(a) && receives(b));
