import { maskedSecret } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';

/** Shorter ones are words of any text. */
const shortestSecret = 6;

/** Masks the configuration's secrets in what others say: providers like to repeat the key that they refuse. */
export function secretsHidden({ api_key: key, secret_headers: headers, tools }: AgentConfig): (text: string) => string {
  const all = [key, ...Object.values(headers), ...tools.flatMap((tool) => Object.values(tool.secret_headers))];
  const secrets = all.filter((secret) => secret.length >= shortestSecret);
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, maskedSecret), text);
}
