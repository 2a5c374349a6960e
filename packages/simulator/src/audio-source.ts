import { sampleRateHz, samplesPerFrame, ToneGenerator } from '@intermix/media';

/** Endless audio: 8 kHz linear PCM, 160 samples (20 ms) a call. */
export interface AudioSource {
  next(): Int16Array;
}

const silentFrame = new Int16Array(samplesPerFrame);

/** Nothing to hear, but packets go out. */
export const silence: AudioSource = { next: () => silentFrame };

/** One steady tone, or several together. -13 dBm0 each. */
export function tone(...frequenciesHz: number[]): AudioSource {
  const generator = new ToneGenerator({ frequenciesHz });
  return { next: () => generator.next() };
}

/** Indian ringback, ITU-T E.180 supplement 2: 400 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off. */
export function ringback(): AudioSource {
  return sequence([
    { hz: 400, ms: 400 },
    { hz: 0, ms: 200 },
    { hz: 400, ms: 400 },
    { hz: 0, ms: 2000 },
  ]);
}

/** What an ordinary subscriber "says": short notes in the range of a voice with pauses, as uneven as speech. */
export function melody(): AudioSource {
  return sequence([
    { hz: 330, ms: 180 },
    { hz: 440, ms: 240 },
    { hz: 0, ms: 80 },
    { hz: 392, ms: 160 },
    { hz: 523, ms: 300 },
    { hz: 0, ms: 260 },
    { hz: 294, ms: 220 },
    { hz: 349, ms: 180 },
    { hz: 440, ms: 320 },
    { hz: 0, ms: 500 },
  ]);
}

interface Note {
  /** 0 is a pause. */
  hz: number;
  /** A multiple of 20. */
  ms: number;
}

/** Notes one after another, again and again. */
function sequence(notes: readonly Note[]): AudioSource {
  const frames = notes.flatMap((note) => framesOf(note));
  let at = 0;
  return { next: () => frames[at++ % frames.length] ?? silentFrame };
}

function framesOf({ hz, ms }: Note): Int16Array[] {
  const source = hz === 0 ? silence : tone(hz);
  return Array.from({ length: (ms * sampleRateHz) / 1000 / samplesPerFrame }, () => source.next());
}
