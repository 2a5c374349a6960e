import type { Fault } from './applet-kind.js';

const maxCharacters = 256;

/** Names and values of custom parameters, together, have 256 characters at most. */
export function faultsOfParameters(parameters: Readonly<Record<string, string>> | undefined): Fault[] {
  const length = Object.entries(parameters ?? {}).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (length <= maxCharacters) return [];
  return [
    { at: 'custom_parameters', message: `They have ${length} characters together; ${maxCharacters} are allowed.` },
  ];
}
