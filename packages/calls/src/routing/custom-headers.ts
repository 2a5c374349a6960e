import type { SipRequest } from '@intermix/sip';

const limits = { headers: 20, name: 64, value: 256 } as const;

/** X- headers of a caller's INVITE, for the call's record. They are never copied into another message. */
export function customHeadersOf(request: SipRequest): Record<string, string> {
  const found: Record<string, string> = {};
  let count = 0;
  for (const [name, value] of request.headers) {
    if (!/^x-/i.test(name) || name.length > limits.name || count >= limits.headers) continue;
    found[name] = value.slice(0, limits.value);
    count++;
  }
  return found;
}
