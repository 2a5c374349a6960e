// In browsers, `browser/stateless-responses.ts` stands in the place of this module.
import type { SipRequest, SipResponse } from '../message/message.js';
import { createParseErrorResponse, createResponse } from '../message/responses.js';
import type { SipParseError } from '../message/syntax-errors.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { writeSource } from './via-source.js';

/** The answer to a request that did not parse; undefined when it cannot or must not be answered. */
export function statelessErrorBytes(error: SipParseError, flow: Flow): Uint8Array | undefined {
  const response = createParseErrorResponse(error);
  if (!response) return undefined;
  try {
    return taggedBytes(response, flow);
  } catch {
    return undefined; // What would have to be echoed cannot be written: a To with a NUL, for instance.
  }
}

function taggedBytes(response: SipResponse, flow: Flow): Uint8Array {
  const to = response.headers.get('To');
  if (to !== undefined && !/;\s*tag\s*=/i.test(to)) response.headers.set('To', `${to};tag=${stableTag(to)}`);
  try {
    writeSource(response, flow);
  } catch {
    // The Via may be what is broken; the answer then goes out with it as it came.
  }
  return writeMessage(response);
}

/** An answer outside of any transaction. Equal requests get equal answers, as RFC 3261 §8.2.7 asks. */
export function statelessResponseBytes(
  request: SipRequest,
  status: number,
  options: { reason?: string | undefined; headers?: Iterable<readonly [string, string]> | undefined } = {},
): Uint8Array {
  const parts = { toTag: stableTag(request.headers.get('Via') ?? ''), headers: options.headers ?? [] };
  const { reason } = options;
  return writeMessage(createResponse(request, status, reason === undefined ? parts : { ...parts, reason }));
}

/** The same text gives the same tag: FNV-1a, 32 bits. */
function stableTag(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
