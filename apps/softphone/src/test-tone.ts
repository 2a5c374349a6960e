/** Three notes, upwards. */
const notes = [
  { hz: 523, atSec: 0 },
  { hz: 659, atSec: 0.35 },
  { hz: 784, atSec: 0.7 },
];
const LASTS_SEC = 1.5;

/** Plays a short chime through a speaker; `stream` is what is played, for a meter. Resolves when it is over. */
export async function playTestTone(speakerId: string, heard: (stream: MediaStream) => void): Promise<void> {
  const context = new AudioContext();
  const element: HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> } = new Audio();
  try {
    const mixed = context.createMediaStreamDestination();
    for (const { hz, atSec } of notes) playNote(context, mixed, hz, context.currentTime + atSec);
    element.srcObject = mixed.stream;
    if (speakerId !== 'default') await element.setSinkId?.(speakerId);
    await context.resume();
    await element.play();
    heard(mixed.stream);
    await new Promise((resolve) => setTimeout(resolve, LASTS_SEC * 1000));
  } finally {
    element.pause();
    element.srcObject = null;
    await context.close();
  }
}

/** Rises and fades, so that it does not click. */
function playNote(context: AudioContext, to: AudioNode, hz: number, at: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.7);
  oscillator.connect(gain).connect(to);
  oscillator.start(at);
  oscillator.stop(at + 0.75);
}
