// For `message/multipart.ts`: a phone takes a session description that is the body, as `method-checks.ts` here says of it.
import { decodeUtf8 } from '../message/text.js';

/** The session description in a body of this Content-Type. */
export function sdpOf(contentType: string, body: Uint8Array): string | undefined {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() === 'application/sdp' ? decodeUtf8(body) : undefined;
}
