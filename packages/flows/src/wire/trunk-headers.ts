export type SipHeaders = ReadonlyArray<readonly [string, string]>;

const maxParameters = 3;
const maxBytes = 200;
const reserved = /^(?:exotel-|veeno-)/i;

/**
 * `k=v&k2=v2` as headers `X-k: v` of the INVITEs to carriers: at most three, of 200 octets together, without the prefixes
 * `Exotel-` and `Veeno-`. What is against that is refused whole or one by one, with a sentence.
 */
export function trunkHeaders(parameters: unknown): { headers: SipHeaders; refused: string[] } {
  if (typeof parameters !== 'string' || parameters === '') return { headers: [], refused: [] };
  if (Buffer.byteLength(parameters) > maxBytes)
    return { headers: [], refused: [`custom_params has more than ${maxBytes} octets`] };
  const headers: Array<readonly [string, string]> = [];
  const refused: string[] = [];
  for (const [name, value] of new URLSearchParams(parameters)) {
    const why = whyRefused(name, value, headers.length);
    if (why === undefined) headers.push([`X-${name}`, value]);
    else refused.push(`custom_params: ${why}`);
  }
  return { headers, refused };
}

function whyRefused(name: string, value: string, taken: number): string | undefined {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return `"${name.slice(0, 64)}" is no name of a header`;
  if (reserved.test(name)) return `the prefix of "${name}" is reserved`;
  if (!/^[\x20-\x7e]*$/.test(value)) return `the value of "${name}" cannot stand in a header`;
  return taken >= maxParameters ? `more than ${maxParameters} parameters` : undefined;
}
