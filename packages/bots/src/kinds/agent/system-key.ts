import type { AgentConfig } from './agent-config.js';

/** Hosts of providers whose keys an account's settings may hold, by the key's name there. */
const hosts: readonly (readonly [provider: string, host: RegExp])[] = [
  ['openai', /^(?:[a-z0-9-]+\.)?api\.openai\.com$/], // Regions have names in front.
];
const keyHeader = /^(authorization|api-key)$/i;

/**
 * An agent without a key of its own is called with the account's key for that provider. It goes to the provider's own hosts
 * alone, and encrypted: whoever writes a bot's URL shall not get a key that only the settings' keeper may see.
 */
export function systemKeyOf(
  config: AgentConfig,
): { provider: string; filledIn: (key: string) => AgentConfig } | undefined {
  const { headers, secret_headers: secretHeaders, api_key: ownKey } = config;
  if (!URL.canParse(config.url)) return undefined;
  const { protocol, hostname, port } = new URL(config.url);
  const isOwn = ownKey !== '' || Object.keys({ ...headers, ...secretHeaders }).some((name) => keyHeader.test(name));
  if (isOwn || protocol !== 'wss:' || port !== '') return undefined;
  const found = hosts.find(([, host]) => host.test(hostname));
  return found && { provider: found[0], filledIn: (key) => ({ ...config, api_key: key }) };
}
