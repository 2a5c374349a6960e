import type { SipRequest } from '@intermix/sip';

/** A digit told by INFO. */
export interface InfoDigit {
  digit: string;
  durationMs: number;
}

const defaultDurationMs = 240;
/** `10` and `11` are the event numbers of RFC 4733 that old gateways write for `*` and `#`. */
const spelledOut: Readonly<Record<string, string>> = { '10': '*', '11': '#' };

/**
 * Reads the body of an INFO: `application/dtmf-relay` (`Signal=5`, `Duration=240`) or `application/dtmf` (the digit
 * alone). Gives 415 for another type, 400 for a body without a digit.
 */
export function readDtmfInfo(request: SipRequest): InfoDigit | 400 | 415 {
  const body = request.bodyText.slice(0, 256);
  switch (request.contentType) {
    case 'application/dtmf-relay': {
      const signal = /^\s*Signal\s*=\s*(\S{1,2})\s*$/im.exec(body)?.[1];
      const duration = /^\s*Duration\s*=\s*(\d{1,5})\s*$/im.exec(body)?.[1];
      return digitOf(signal, duration === undefined ? defaultDurationMs : Number(duration));
    }
    case 'application/dtmf':
      return digitOf(body.trim(), defaultDurationMs);
    default:
      return 415;
  }
}

function digitOf(text: string | undefined, durationMs: number): InfoDigit | 400 {
  const digit = spelledOut[text ?? ''] ?? text?.toUpperCase() ?? '';
  if (!/^[0-9A-D*#,]$/.test(digit)) return 400;
  return { digit, durationMs: Math.min(Math.max(durationMs, 40), 6_000) };
}
