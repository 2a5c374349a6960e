import type { CallControl } from '@intermix/calls';

// What passes between a message and the attachment that listens to its caller.

/** The attachment's kind, where the media process is composed. */
export const silenceKind = 'silence';

/** How long the far end must say nothing. */
export interface SilenceSpec {
  silenceMs: number;
}

/** `silence`: it has said nothing for so long. Else somebody ended it. */
export interface SilenceResult {
  endedBy: 'silence' | 'closed';
}

/** Calls `onSilence` when the calling party has said nothing for so long; the returned function ends the watch. */
export async function watchSilence(
  control: CallControl,
  silenceSec: number,
  onSilence: () => void,
): Promise<() => void> {
  const attachment = await control.attach(silenceKind, { silenceMs: silenceSec * 1000 } satisfies SilenceSpec);
  void attachment.ended.then((end) => {
    if (end.how === 'ended' && (end.result as SilenceResult | undefined)?.endedBy === 'silence') onSilence();
  });
  return () => attachment.close();
}
