import type { AttachmentContext, AttachmentFactory } from '../../attachments/attachment.js';
import { ToneDetector } from '../../audio/goertzel.js';
import { MediaError } from '../../errors.js';
import { runMediaChild } from '../child/run-media-child.js';

// A media process with attachments that show what an attachment can do, and what one may do wrong. Only for tests.

const nothing = { handle() {}, close() {} };

/** Says back what it hears, tells digits, answers `ping`. Ends with how many frames it heard. */
const echo: AttachmentFactory = (_spec, { audio, emit, ended }) => {
  const queue: Int16Array[] = [];
  let frames = 0;
  audio.onReceived(({ samples }) => {
    frames++;
    if (samples.length === 160 && queue.length < 50) queue.push(samples);
  });
  audio.onDigit(({ digit }) => emit({ digit }));
  audio.feed({ next: () => queue.shift() });
  emit('started');
  return {
    handle: (command) => emit({ pong: command }),
    close: (reason) => ended({ reason, frames, callId: audio.callId, legId: audio.legId }),
  };
};

/** Tells when it hears a tone of the far end, and when the far end is sent one. */
const tones: AttachmentFactory = (spec, { audio, emit, ended }) => {
  const { receivedHz, sentHz } = spec as { receivedHz: number; sentHz: number };
  audio.onReceived(({ samples, position }) => told('received', receivedHz, samples, position));
  audio.onSent(({ samples, position }) => told('sent', sentHz, samples, position));
  const detectors = new Map<string, ToneDetector>();
  const last = new Map<string, number>();
  const gaps: number[] = [];
  function told(side: string, frequencyHz: number, samples: Int16Array, position: number): void {
    const detector = detectors.get(side) ?? new ToneDetector({ frequencyHz });
    detectors.set(side, detector);
    const due = last.get(side);
    if (due !== undefined && due !== position) gaps.push(position - due);
    last.set(side, position + samples.length);
    const wasPresent = detector.present;
    detector.push(samples);
    if (detector.present && !wasPresent) emit(side);
  }
  return { ...nothing, close: () => ended({ gaps }) };
};

/** Takes its time to end. */
const slow: AttachmentFactory = (spec, { clock, ended }) => ({
  ...nothing,
  close: (reason) => void clock.schedule(Number(spec), () => ended(reason)),
});

const stubborn: AttachmentFactory = () => nothing;

const refusing: AttachmentFactory = (spec) => {
  throw new MediaError('bad-argument', `${String(spec)} is no bot`);
};

/** Throws where it is told to. */
const faulty: AttachmentFactory = (spec, { audio, clock, ended, emit }: AttachmentContext) => {
  const fail = (where: string) => {
    if (where === spec) throw new Error(`failed in ${where}`);
  };
  audio.onReceived(() => fail('received'));
  audio.onSent(() => fail('sent'));
  audio.onDigit(() => fail('digit'));
  audio.feed({
    next() {
      fail('next');
      return spec === 'length' ? new Int16Array(7) : undefined;
    },
  });
  clock.schedule(50, () => fail('timer'));
  if (spec === 'event') clock.schedule(50, () => emit(() => {}));
  fail('factory');
  return {
    handle: () => fail('handle'),
    close() {
      fail('close');
      ended(spec === 'result' ? () => {} : 'well');
    },
  };
};

/** Throws outside of everything that is guarded. */
const wild: AttachmentFactory = (spec, { ended }) => {
  for (let i = 0; i < Number(spec); i++) setImmediate(() => (i % 2 === 0 ? fail() : void Promise.resolve().then(fail)));
  return { ...nothing, close: ended };
};

function fail(): never {
  throw new Error('failed out of reach');
}

runMediaChild({ attachments: { wild, echo, tones, slow, stubborn, refusing, faulty } });
