import { XMLParser } from 'fast-xml-parser';

/** What Exotel's Voice v1 API said. Everything may be missing. */
export interface ConnectReply {
  /** Of the call that was made. */
  readonly callSid?: string | undefined;
  readonly status?: string | undefined;
  /** Whether it is a `RestException`. */
  readonly isException: boolean;
  /** Of a `RestException`, or what stands in its place. Of any length. */
  readonly message?: string | undefined;
}

type Tree = Readonly<Record<string, unknown>>;
const deepest = 32;

/**
 * Reads a reply: as JSON, then as XML, which is the API's default. Undefined when it is neither; never throws. Its texts
 * are stripped of what is not printable.
 */
export function readConnectReply(body: string): ConnectReply | undefined {
  const tree = jsonTree(body) ?? xmlTree(body);
  if (tree === undefined) return undefined;
  const root = at(tree, 'TwilioResponse') ?? tree;
  const call = at(root, 'Call');
  const exception = at(root, 'RestException');
  return {
    callSid: textOf(call?.Sid),
    status: textOf(call?.Status),
    isException: Object.hasOwn(root, 'RestException'),
    message: textOf(exception?.Message ?? root.Message ?? root.message ?? root.error),
  };
}

function jsonTree(body: string): Tree | undefined {
  try {
    return asTree(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** Without document types, whose entities may grow without bound, and not deeper than any reply is. */
function xmlTree(body: string): Tree | undefined {
  if (!/^\s*</.test(body.replace(/^\ufeff/, '')) || /<!(DOCTYPE|ENTITY)/i.test(body)) return undefined;
  const parser = new XMLParser({
    ignoreAttributes: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    maxNestedTags: deepest,
  });
  try {
    return asTree(parser.parse(body));
  } catch {
    return undefined;
  }
}

function asTree(value: unknown): Tree | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : undefined;
}

function at(tree: Tree, name: string): Tree | undefined {
  return Object.hasOwn(tree, name) ? asTree(tree[name]) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return text === '' ? undefined : text;
}
