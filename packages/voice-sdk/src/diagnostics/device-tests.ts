import type { Timer } from '@intermix/kernel';
import type { AudioRoute, Output } from '../audio/audio-route.js';
import { openMicrophone } from '../audio/open-microphone.js';
import { LevelMeter } from './level-meter.js';

/** A running test: hears levels, or that the device cannot be used; `stop` gives back all that it opened. */
export interface DeviceTest {
  stop(): void;
}

export interface DeviceTestListener {
  level(level: number): void;
  /** Told once; nothing comes after it. */
  failed(error: unknown): void;
}

/** After this long a browser that wanted to play would. */
const START_CHECK_MS = 1_000;
const RING_EVERY_MS = 1_500;
const RING_HERTZ = [523.25, 659.25];
const RING_GAIN = 0.2;

/** Rings through the chosen speaker, and tells how loud. A browser that wants a gesture first is a failure. */
export function testSpeaker(route: AudioRoute, listener: DeviceTestListener): DeviceTest {
  const { clock } = route.platform;
  const opened = openContext(route);
  if (!opened) return failing(listener, new Error('this browser makes no more sound'));
  const { context, close } = opened;
  const meter = new LevelMeter(context, clock, (level) => listener.level(level));
  meter.analyser.connect(context.destination);
  let timer: Timer | undefined;
  const ring = () => {
    for (const hertz of RING_HERTZ) soundOnce(context, meter.analyser, hertz);
    timer = clock.schedule(RING_EVERY_MS, ring);
  };
  ring();
  const check = clock.schedule(START_CHECK_MS, () => {
    if (context.state === 'running') return;
    stop();
    listener.failed(new Error('the browser wants a click or a key before it plays'));
  });
  const stop = () => {
    timer?.cancel();
    check.cancel();
    meter.stop();
    close();
  };
  return { stop };
}

/** Listens to the chosen microphone, and tells how loud. */
export function testMicrophone(route: AudioRoute, listener: DeviceTestListener): DeviceTest {
  let release = () => {};
  let stopped = false;
  const stop = () => {
    stopped = true;
    release();
    release = () => {};
  };
  const fail = (error: unknown) => {
    if (stopped) return;
    stop();
    listener.failed(error);
  };
  openMicrophone(route.platform, route.microphone())
    .then((stream) => {
      const [track] = stream.getAudioTracks();
      release = () => track?.stop();
      if (stopped || !track) return stop(); // Stopped while the person was being asked.
      const opened = openContext(route);
      if (!opened) throw new Error('this browser opens no more audio');
      const meter = new LevelMeter(opened.context, route.platform.clock, (level) => listener.level(level));
      release = () => {
        track.onended = null;
        track.stop();
        meter.stop();
        opened.close();
      };
      track.onended = () => fail(new Error('the microphone was unplugged'));
      opened.context.createMediaStreamSource(stream).connect(meter.analyser);
    })
    .catch(fail);
  return { stop };
}

function openContext(route: AudioRoute): { context: AudioContext; close: () => void } | undefined {
  let context: AudioContext | undefined;
  try {
    context = route.platform.createAudioContext();
  } catch {
    return undefined; // Browsers allow only a few.
  }
  if (!context) return undefined;
  const output = route.add(context) as Output;
  if (context.state !== 'running') context.resume().catch(() => {});
  const close = () => {
    route.outputs.delete(output);
    context.close().catch(() => {});
  };
  return { context, close };
}

function soundOnce(context: AudioContext, through: AudioNode, hertz: number): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  const start = context.currentTime + 0.02;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(RING_GAIN, start + 0.02); // Without the ramps each burst clicks.
  gain.gain.setValueAtTime(RING_GAIN, start + 0.88);
  gain.gain.linearRampToValueAtTime(0, start + 0.9);
  oscillator.frequency.value = hertz;
  oscillator.connect(gain);
  gain.connect(through);
  oscillator.onended = () => gain.disconnect();
  oscillator.start(start);
  oscillator.stop(start + 0.9);
}

/** Tells after the caller has its handle. */
function failing(listener: DeviceTestListener, error: unknown): DeviceTest {
  let stopped = false;
  queueMicrotask(() => stopped || listener.failed(error));
  return {
    stop() {
      stopped = true;
    },
  };
}
