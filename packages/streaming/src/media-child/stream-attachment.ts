import { type AttachmentFactory, MediaError } from '@intermix/media';
import type { StreamSpec } from '../stream-spec.js';
import { outboundNetwork, type StreamNetwork } from './stream-network.js';
import { StreamSession } from './stream-session.js';

/** Makes the attachments of kind `stream`, over a network of one's own choice. */
export function createStreamAttachments(network: StreamNetwork): AttachmentFactory {
  return (spec, context) => new StreamSession({ spec: specIn(spec), context, network });
}

let network: StreamNetwork | undefined;

/** The attachment of kind `stream`, as the media process composes it. */
export const streamAttachment: AttachmentFactory = (spec, context) => {
  network ??= outboundNetwork();
  return createStreamAttachments(network)(spec, context);
};

/** The server's `openStream` has checked everything else. */
function specIn(value: unknown): StreamSpec {
  const spec = value as StreamSpec | undefined;
  if (typeof spec?.url !== 'string' || typeof spec.streamSid !== 'string' || typeof spec.frameMs !== 'number')
    throw new MediaError('bad-argument', 'this is no order for a stream; use openStream');
  return spec;
}
