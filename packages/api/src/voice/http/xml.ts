/** What an answer can hold. A list is written as its entries, one after another. */
export type Content = string | number | null | readonly Content[] | { readonly [name: string]: Content };

/** An XML document with this root. Null is an empty element. */
export function xmlDocument(root: string, content: Content): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}\n`;
}

function element(name: string, content: Content): string {
  const inner = innerOf(content);
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function innerOf(content: Content): string {
  if (content === null) return '';
  if (typeof content !== 'object') return escaped(String(content));
  if (Array.isArray(content)) return content.map(innerOf).join('');
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that XML 1.0 cannot hold become U+FFFD. */
function escaped(text: string): string {
  const allowed = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return allowed.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
