/** Where the Voice v1 API lies. */
export const voicePrefix = '/v1/Accounts';

/** Words of its addresses, which one vendor page prints in lower case. */
const words = new Map(
  ['Accounts', 'Calls', 'connect', 'ActiveStreams', 'Recordings'].map((word) => [word.toLowerCase(), word]),
);

/**
 * The address with the words of this API spelled as its routes are; what stands for ids, the query and every other address stay
 * as they are. The account's sid is the third part and never a word.
 */
export function canonicalVoicePath(url: string): string {
  if (!/^\/v1\/accounts(\/|\.|\?|$)/i.test(url)) return url;
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  const parts = path.split('/').map((part, place) => (place === 1 ? 'v1' : place === 3 ? part : spelled(part)));
  return parts.join('/') + (end < 0 ? '' : url.slice(end));
}

function spelled(part: string): string {
  const [, name = part, suffix = ''] = /^(.*?)(\.json|\.xml)?$/i.exec(part) ?? [];
  const word = words.get(name.toLowerCase());
  return word === undefined ? part : word + suffix.toLowerCase();
}
