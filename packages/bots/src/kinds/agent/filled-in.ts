import type { BotCallFacts } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';

/** A configuration whose texts know the call: what is said word for word too. */
export function filledInFor(config: AgentConfig, facts: BotCallFacts): AgentConfig {
  const fill = (text: string) => filledIn(text, facts);
  const { greeting, silence, reconnect } = config;
  return {
    ...{ ...config, instructions: fill(config.instructions), farewell: fill(config.farewell) },
    ...{ greeting: { ...greeting, text: fill(greeting.text) }, silence: { ...silence, text: fill(silence.text) } },
    reconnect: { ...reconnect, filler: fill(reconnect.filler) },
  };
}

/** A text with what is known of the call in place of `{{from}}`, `{{to}}`, `{{call_sid}}` and `{{custom.name}}`. */
function filledIn(template: string, facts: BotCallFacts): string {
  const { from, to, callSid, customParameters } = facts;
  const known: Record<string, string> = { from, to, call_sid: callSid };
  return template.replace(/\{\{\s*(?:custom\.([^{}\s]{1,64})|(\w{1,32}))\s*\}\}/g, (whole, custom, name) => {
    if (custom !== undefined) return oneLine(valueIn(customParameters, custom) ?? '');
    const value = valueIn(known, name);
    return value === undefined ? whole : oneLine(value);
  });
}

function valueIn(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The far end wrote it: it shall not look like lines of the instructions. */
function oneLine(value: string): string {
  return value.replace(/\s+/g, ' ').trim();
}
