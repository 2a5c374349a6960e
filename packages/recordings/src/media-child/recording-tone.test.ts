import { systemRandom } from '@intermix/kernel';
import { toneShare } from '@intermix/media';
import { FakeLegAudio, runAttachment } from '@intermix/media/testing';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { RecordingTone } from './recording-tone.js';

function sound(everySec: number | undefined, hasPartner: boolean) {
  const clock = new FakeClock();
  const audio = new FakeLegAudio({ clock });
  audio.hasPartner = hasPartner;
  const run = runAttachment((_, context) => new RecordingTone({ do: 'tone', everySec }, context), undefined, {
    ...{ clock, random: systemRandom, audio },
  });
  /** Milliseconds of 1400 Hz that each party hears in the time. */
  const heard = (ms: number) => {
    const told = { party: 0, partner: 0 };
    for (let at = 0; at < ms; at += 20) {
      if (isTone(audio.pull())) told.party += 20;
      if (isTone(audio.pullPartner())) told.partner += 20;
      clock.advance(20);
    }
    return told;
  };
  return { clock, audio, run, heard };
}

const isTone = (frame: Int16Array | undefined) => frame !== undefined && toneShare(frame, 1400) > 0.95;

describe('RecordingTone', () => {
  it('is heard once by both parties, for 200 ms, and then feeds nobody', () => {
    const { audio, heard, run } = sound(undefined, true);
    expect(heard(180)).toEqual({ party: 180, partner: 180 });
    expect(heard(60_000)).toEqual({ party: 20, partner: 20 });
    expect(audio.isFed).toBe(false);
    run.attachment.close('closed');
    expect(audio.subscriptions).toBe(0);
    expect(run.end).toEqual({ result: null });
  });

  it('is heard by who joins later, then, and by the party alone before', () => {
    const { audio, heard, run } = sound(undefined, false);
    expect(heard(1_000)).toEqual({ party: 200, partner: 0 });
    audio.join();
    expect(heard(1_000)).toEqual({ party: 0, partner: 200 });
    audio.join(); // Another party of the same call.
    expect(heard(1_000)).toEqual({ party: 0, partner: 200 });
    run.attachment.close('closed');
    audio.join();
    expect(heard(1_000)).toEqual({ party: 0, partner: 0 });
  });

  it('comes again, to the millisecond, until the recording ends', () => {
    const { clock, audio, heard, run } = sound(15, true);
    expect(heard(15_000)).toEqual({ party: 200, partner: 200 });
    expect(heard(60_100)).toEqual({ party: 900, partner: 900 });
    run.attachment.close('closed'); // In the midst of one.
    expect([audio.subscriptions, clock.pendingTimers, run.end]).toEqual([0, 0, { result: null }]);
    run.attachment.close('leg-closed');
    run.attachment.handle('nonsense');
  });
});
