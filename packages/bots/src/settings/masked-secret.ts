const bullet = '•';
const hidden = bullet.repeat(6);
/** Of a shorter one the first and last four characters would tell too much. */
const shortestShown = 12;

/** How a secret is shown: its first and last four characters, bullets between them; of a short one bullets alone. */
export function maskedSecret(secret: string): string {
  if (secret === '') return '';
  if (secret.length < shortestShown) return hidden + bullet.repeat(2);
  return `${secret.slice(0, 4)}${hidden}${secret.slice(-4)}`;
}

/** No key has such a character: what has one came from a page that shows it. */
export function looksMasked(text: string): boolean {
  return text.includes(bullet);
}
