// For `transaction/stateless-responses.ts`: what cannot be read comes from a broken server and is dropped; a CANCEL that is
// refused is answered, with a tag that repeats share.
import type { SipRequest } from '../message/message.js';
import { createResponse } from '../message/responses.js';
import { writeMessage } from '../message/write.js';

export function statelessErrorBytes(): undefined {
  return undefined;
}

export function statelessResponseBytes(
  request: SipRequest,
  status: number,
  options: { reason?: string | undefined; headers?: Iterable<readonly [string, string]> | undefined } = {},
): Uint8Array {
  const { reason, headers = [] } = options;
  const parts = { toTag: request.topVia.branch, headers };
  return writeMessage(createResponse(request, status, reason === undefined ? parts : { ...parts, reason }));
}
