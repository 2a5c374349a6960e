const maxUrlLength = 2_000;

const allowed = {
  http: { protocols: ['http:', 'https:'], cure: 'give a URL that begins with http:// or https://' },
  ws: { protocols: ['ws:', 'wss:'], cure: 'give a URL that begins with ws:// or wss://' },
  stream: {
    protocols: ['ws:', 'wss:', 'http:', 'https:'],
    cure: 'give a URL that begins with ws://, wss://, http:// or https://',
  },
} as const;

/** Why a text is no URL that we could open: a sentence with the cure; undefined when it is one. */
export function urlProblem(text: string, kind: keyof typeof allowed): string | undefined {
  const { protocols, cure } = allowed[kind];
  if (text.length > maxUrlLength) return `the URL is too long: at most ${maxUrlLength} characters.`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWhole = /^[a-z]+:\/\/[^\s\\]+$/i.test(text);
  if (url === undefined || !isWhole || url.hostname === '') return `this is no URL: ${cure}.`;
  if (!protocols.some((protocol) => protocol === url.protocol))
    return `${url.protocol}// cannot be used here: ${cure}.`;
  return undefined;
}
