import type { CallFacts } from '../wire/passthru-query.js';

/**
 * Fills in `{{digits}}`, `{{from}}`, `{{to}}`, `{{custom_field}}`, `{{call_sid}}` and the document's own variables. What
 * is not known becomes nothing: a caller hears no braces.
 */
export function fillText(text: string, { call, state }: CallFacts): string {
  return text.replace(/\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g, (_, name: string) => {
    if (Object.hasOwn(state.variables, name)) return state.variables[name] ?? '';
    const known: Record<string, string | undefined> = {
      ...{ digits: state.digits, from: call.from, to: call.to },
      ...{ custom_field: call.customField, call_sid: call.callSid },
    };
    return Object.hasOwn(known, name) ? (known[name] ?? '') : '';
  });
}
