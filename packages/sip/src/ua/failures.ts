import type { SipResponse } from '../message/message.js';
import type { SipFailure } from './types.js';

/** No final response in time: counts as 408. RFC 3261 §8.1.3.1. */
export function timeoutFailure(): SipFailure {
  return { cause: 'timeout', status: 408, reason: 'Request Timeout' };
}

/** No flow to the peer, or it broke: counts as 503. RFC 3261 §8.1.3.1. */
export function transportFailure(reason: string): SipFailure {
  return { cause: 'transport', status: 503, reason };
}

export function responseFailure(response: SipResponse): SipFailure {
  return { cause: 'response', status: response.status, reason: response.reason, response };
}

export function cancelledFailure(response?: SipResponse): SipFailure {
  if (!response) return { cause: 'cancelled', status: 487, reason: 'Request Terminated' };
  return { cause: 'cancelled', status: response.status, reason: response.reason, response };
}
