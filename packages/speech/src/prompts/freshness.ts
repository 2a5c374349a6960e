/** How long an answer that says nothing is taken for fresh, and the longest that any is. */
const unsaidMs = 5 * 60 * 1000;
const longestMs = 24 * 3600 * 1000;

/**
 * Until when an answer may be used without asking again, milliseconds since the epoch: `Cache-Control`, then `Expires`
 * (RFC 9111 §4.2). `no-store` counts as "ask each time": the copy is what a call plays.
 */
export function freshUntil(headers: Readonly<Record<string, string>>, now: number): number {
  const control = headers['cache-control']?.toLowerCase() ?? '';
  if (/\b(no-store|no-cache)\b/.test(control)) return now;
  const maxAge = /\bmax-age\s*=\s*"?(\d{1,10})/.exec(control)?.[1];
  const age = Number(/^\d{1,10}$/.exec(headers.age ?? '')?.[0] ?? 0);
  if (maxAge !== undefined) return now + clamp((Number(maxAge) - age) * 1000);
  const expires = headers.expires === undefined ? Number.NaN : Date.parse(headers.expires);
  if (headers.expires !== undefined) return Number.isNaN(expires) ? now : now + clamp(expires - now);
  return now + unsaidMs;
}

function clamp(ms: number): number {
  return Math.max(0, Math.min(longestMs, ms));
}
