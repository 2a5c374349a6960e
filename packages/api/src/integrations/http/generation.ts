import type { Generation } from '../ports.js';

export const integrationsPrefix = '/v2/integrations';

const camelSegments = new Set(['token', 'customer', 'app', 'app_setting', 'usermapping', 'users', 'device', 'call']);

/** Ids of customers: a UUID, or 32 hex digits. */
const idShape = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * Which generation a path speaks, and so which envelope its errors come in. `/{customer_id}/…` is snake; a single word that is
 * nothing of ours is camel, unless it looks like the id of a customer.
 */
export function generationOf(url: string): Generation {
  const path = url.split('?', 1)[0] ?? '';
  const [first = '', ...rest] = path.slice(integrationsPrefix.length + 1).split('/');
  if (first === '' || camelSegments.has(first)) return 'camel';
  return rest.length > 0 || idShape.test(first) ? 'snake' : 'camel';
}
