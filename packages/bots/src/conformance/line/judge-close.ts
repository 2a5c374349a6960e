import type { WebSocketEnd } from '@intermix/outbound';
import type { Findings } from '../findings.js';

/** Holds the end of a socket to the rules. `isOurs`: this side began to close it. */
export function judgeClose(
  findings: Findings,
  { end, isOurs, atMs }: { end: WebSocketEnd; isOurs: boolean; atMs: number },
): void {
  const { code, reason, error } = end;
  if (isOurs) {
    if (code === 1006) findings.add('close-ignored', { at_ms: atMs, seen: 'no close frame came back' });
  } else if (code === 1005) findings.add('close-code-missing', { at_ms: atMs, seen: 'no code' });
  else if (code !== 1000 && code !== 1001) {
    const words = `${reason && ` "${reason}"`}${error ? `: ${error.message}` : ''}`;
    findings.add('close-code', { at_ms: atMs, seen: `${code}${words}` });
  }
}
