import type { Clock, Random } from '@intermix/kernel';
import type { Attachment, AttachmentFactory } from '../attachments/attachment.js';
import { FakeLegAudio } from './fake-leg-audio.js';

/** An attachment under test, and what it told. */
export interface RunAttachment {
  readonly attachment: Attachment;
  readonly audio: FakeLegAudio;
  /** What it has emitted until now. */
  readonly events: unknown[];
  /** What it ended with, in a box; undefined while it runs. */
  readonly end: { result: unknown } | undefined;
}

/** Starts an attachment as a media process does. Throws what its factory throws. */
export function runAttachment(
  factory: AttachmentFactory,
  spec: unknown,
  options: { clock: Clock; random: Random; audio?: FakeLegAudio },
): RunAttachment {
  const { clock, random, audio = new FakeLegAudio({ clock }) } = options;
  const events: unknown[] = [];
  let end: { result: unknown } | undefined;
  const attachment = factory(spec, {
    ...{ audio, clock, random },
    emit: (event) => void (end ?? events.push(structuredClone(event))),
    ended: (result) => {
      end ??= { result: structuredClone(result) };
    },
  });
  return {
    ...{ attachment, audio, events },
    get end() {
      return end;
    },
  };
}
