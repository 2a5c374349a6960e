const secretName = /secret|password|passwd|authorization|credential|token/i;
/** Ids that may look like numbers, and without which a log cannot be read. */
const idName = /^(?:call|leg)(?:Id|Sid)$/i;

/**
 * A copy in which fields with a secret's name, credentials inside SIP text and, unless `numbers`, all but the last digits of
 * phone numbers are blotted out. Bounded in depth and length; takes anything, and does not throw.
 */
export function redact(value: unknown, numbers: boolean, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, numbers);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value === null || typeof value === 'boolean' || value === undefined) return value;
  if (typeof value !== 'object' || value instanceof Error) return redactText(String(value), numbers);
  if (depth > 4) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, numbers, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value).slice(0, 100)) {
    if (secretName.test(name)) copy[name] = '[redacted]';
    else copy[name] = redact(field, numbers || idName.test(name), depth + 1);
  }
  return copy;
}

/** Also cleans lines that another SDK left in the browser's storage: Exotel's writes the SIP password there. */
export function redactText(text: string, numbers: boolean): string {
  const clean = text
    .replace(/(:\/\/)(?:[^\s/?#"'<>\\]*@)?([^\s?#"'<>\\]*)(?:[?#][^\s"'<>\\]*)?/g, '$1$2') // Of a URL, user and query.
    .replace(/((?:Proxy-)?Authorization\\?"?\s*:)(?:(?!\\r|\\n)[^\r\n])*/gi, '$1 [redacted]')
    .replace(/\bresponse=\\?"[^"\\]*/gi, 'response="[redacted]')
    .replace(/(\\?"[^"\\]*(?:secret|password|token)[^"\\]*\\?"\s*:\s*\\?")[^"\\]*/gi, '$1[redacted]');
  return numbers ? clean : clean.replace(/(^|[^\w.])(\+?\d(?:[ -]?\d){6,14})(?!\w)/g, maskNumber);
}

function maskNumber(_match: string, before: string, number: string): string {
  const digits = number.replace(/\D/g, '');
  return `${before}***${digits.slice(digits.length >= 10 ? -4 : -2)}`;
}
