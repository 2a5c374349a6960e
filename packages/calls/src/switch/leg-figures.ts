import type { Clock, Timer } from '@intermix/kernel';
import type { MediaLeg } from '@intermix/media';
import type { LegQuality } from '../ports/call-store.js';

/** A media process that does not answer holds nobody up for longer. */
const figuresLimitMs = 500;

/** The audio quality of a leg that ends; undefined when the media process is gone or silent. Never rejects. */
export async function lastFigures(media: MediaLeg, clock: Clock): Promise<LegQuality | undefined> {
  if (media.closed) return undefined;
  let deadline: Timer | undefined;
  const late = new Promise<undefined>((resolve) => {
    deadline = clock.schedule(figuresLimitMs, () => resolve(undefined));
  });
  const stats = await Promise.race([media.stats().catch(() => undefined), late]);
  deadline?.cancel();
  if (!stats) return undefined;
  const { codec, packetsSent, packetsReceived, packetsLost, jitterMs, roundTripMs } = stats;
  return { codec, packetsSent, packetsReceived, packetsLost, jitterMs, roundTripMs };
}
