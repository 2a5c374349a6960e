import type { VoiceCallOrder } from '@intermix/api';
import type { CallOrder } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import { maxAudioBytes, maxWaitingAudioBytes, type PromptFiles } from '@intermix/speech';

/** How long an order waits for the audio of a URL; then its call is placed without. */
const patienceMs = 4_000;

/** Audio of an order that cannot be played, and why. */
export interface UnplayedSound {
  /** The words of the event `playing-failed`. */
  what: 'waiting' | 'announcement';
  why: string;
}

export interface OrderSounds {
  waiting: CallOrder['waiting'];
  announcement: CallOrder['announcement'];
  unplayed: UnplayedSound[];
}

/** Fetches what an order's URLs lead to. Never rejects: a call goes on without its music, and its record tells why. */
export async function orderSounds(
  { accountSid, waitUrl, playback }: VoiceCallOrder,
  { prompts, clock }: { prompts: Pick<PromptFiles, 'fileFor'>; clock: Clock },
): Promise<OrderSounds> {
  const unplayed: UnplayedSound[] = [];
  const fileOf = async (what: UnplayedSound['what'], url: string | undefined, maxBytes: number) => {
    if (url === undefined) return undefined;
    try {
      return (await inTime(prompts.fileFor(accountSid, { url }, { maxBytes }), clock)).path;
    } catch (error) {
      unplayed.push({ what, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };
  const [waiting, announced] = await Promise.all([
    fileOf('waiting', waitUrl, maxWaitingAudioBytes),
    fileOf('announcement', playback?.url, maxAudioBytes),
  ]);
  return {
    waiting: waiting === undefined ? undefined : { file: waiting },
    announcement: announced === undefined || !playback ? undefined : { file: announced, to: playback.to },
    unplayed,
  };
}

function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`The audio was not there within ${patienceMs / 1_000} s.`));
    const timer = clock.schedule(patienceMs, late);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
