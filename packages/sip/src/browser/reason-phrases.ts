// For `message/reason-phrases.ts`: the phrases of the responses that a phone sends. Those that it gets bring their own.
const phrases: Record<number, string> = {
  100: 'Trying',
  180: 'Ringing',
  200: 'OK',
  400: 'Bad Request',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** The registered phrase, or the one of the class's x00; empty where there is neither. */
export function defaultReason(status: number): string {
  return phrases[status] ?? phrases[Math.floor(status / 100) * 100] ?? '';
}
