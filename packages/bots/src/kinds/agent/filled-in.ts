import type { BotCallFacts } from '../../session/bot.js';

/** Instructions with what is known of the call in place of `{{from}}`, `{{to}}`, `{{call_sid}}` and `{{custom.name}}`. */
export function filledIn(template: string, facts: BotCallFacts): string {
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
