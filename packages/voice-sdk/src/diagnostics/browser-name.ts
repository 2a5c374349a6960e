/** Tokens of a user agent string, the telling one first: Edge says it is Chrome, and Chrome says it is Safari. */
const tokens: Readonly<Record<string, RegExp>> = {
  'Microsoft Edge': /\bEdg(?:e|A|iOS)?\/([\d.]+)/,
  Opera: /\bOPR\/([\d.]+)/,
  Firefox: /\b(?:Firefox|FxiOS)\/([\d.]+)/,
  Chrome: /(?:Chrome|CriOS)\/([\d.]+)/,
  Safari: /\bVersion\/([\d.]+).*\bSafari\//,
};

/** `Chrome/156.0.0.0`, as Exotel's SDK writes it; `unknown/0` where the browser hides itself. */
export function browserName(userAgent: string): string {
  for (const [name, pattern] of Object.entries(tokens)) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name}/${version}`;
  }
  return 'unknown/0';
}
