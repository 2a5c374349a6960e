/** Escapes of NUL and of lone surrogates: legal in JSON, refused by jsonb, and a SIP header can hold them. */
const refusedEscape = /\\u(0000|d[89a-f])/i;

/** False for what no row can have for an id: asked for it, the database would answer with an error. */
export function isPossibleId(text: string): boolean {
  return !text.includes('\0');
}

/** JSON of rows that jsonb takes: what no text of the database can hold becomes U+FFFD. */
export function storableJson(rows: readonly object[]): string {
  const text = JSON.stringify(rows);
  return refusedEscape.test(text) ? JSON.stringify(rows, (_, value) => storable(value)) : text;
}

function storable(value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}

/** UTF-8 has no lone surrogates; text of the database has no NUL. */
export function storableText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD');
}
