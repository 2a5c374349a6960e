import type { IncomingMessage } from 'node:http';

/** Whether a page of this origin may open a SIP WebSocket. */
export type OriginPolicy = (origin: string | undefined, request: IncomingMessage) => boolean;

/**
 * Reads INTERMIX_ALLOWED_ORIGINS. A request without an Origin is no browser (RFC 6455 §10.2) and is let in: it still
 * needs SIP credentials.
 */
export function originPolicy(setting: string, options: { isLocalOnly: boolean }): OriginPolicy {
  if (setting === '*' || (setting === 'auto' && options.isLocalOnly)) return () => true;
  if (setting === 'auto') return (origin, request) => origin === undefined || isOwn(origin, request);
  const allowed = new Set(setting.split(',').map((origin) => origin.trim().toLowerCase().replace(/\/$/, '')));
  return (origin) => origin === undefined || allowed.has(origin.toLowerCase());
}

function isOwn(origin: string, request: IncomingMessage): boolean {
  return origin.replace(/^https?:\/\//, '') === request.headers.host;
}
