import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { CallRecord } from '@intermix/calls';
import type { AttachmentEnd, MediaAttachment } from '@intermix/media';
import type { RecordingResult, RecordingSpec } from '../files/recording-spec.js';
import type { RecordedMedia } from '../ports/recorded-calls.js';
import { makeEncoder } from '../worker/make-encoder.js';

/** What a leg was asked to run. */
export class FakeAttachment implements MediaAttachment {
  readonly callId = 'call';
  readonly legId = 'leg';
  readonly kind = 'recording';
  readonly told: unknown[] = [];
  readonly ended: Promise<AttachmentEnd>;
  isClosed = false;
  #end: (end: AttachmentEnd) => void = () => {};

  constructor(readonly spec: RecordingSpec) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  onEvent(): () => void {
    return () => {};
  }

  tell(command: unknown): void {
    this.told.push(command);
  }

  close(): void {
    this.isClosed = true;
  }

  end(result: RecordingResult | 'engine-lost'): void {
    this.#end(result === 'engine-lost' ? { how: 'engine-lost' } : { how: 'ended', result });
  }
}

/** A leg that writes what a recorder would have written by the time that it is asked. */
export class FakeRecordedLeg {
  readonly attachments: FakeAttachment[] = [];
  refuses: Error | undefined;
  /** As a leg with Opus. */
  refusesTones = false;

  readonly attach = async (_kind: string, given: unknown): Promise<MediaAttachment> => {
    const spec = given as RecordingSpec;
    if (this.refuses) throw this.refuses;
    if (this.refusesTones && spec.do === 'tone') throw new Error('tones are heard on G.711 legs only');
    const attachment = new FakeAttachment(spec);
    this.attachments.push(attachment);
    return attachment;
  };

  media(recording: RecordedMedia['recording'] = undefined): RecordedMedia {
    return { leg: this, recording };
  }
}

/** So many seconds of 440 Hz, whole, or as a process leaves it that is killed. */
export async function writeTone(path: string, seconds: number, isWhole: boolean): Promise<RecordingResult> {
  const encoder = await makeEncoder('mp3', 'single');
  writeFileSync(path, encoder.head());
  const pcm = Int16Array.from({ length: seconds * 8000 }, (_, i) => 10_000 * Math.sin((2 * Math.PI * 440 * i) / 8000));
  let bytes = encoder.head().length;
  const append = (part: Uint8Array) => {
    appendFileSync(path, part);
    bytes += part.length;
  };
  append(encoder.encode(pcm));
  const { tail, head, durationMs } = encoder.finish();
  if (isWhole) {
    append(tail);
    writeFileSync(path, Buffer.concat([head, readFileSync(path).subarray(head.length)]));
  } else appendFileSync(path, tail.subarray(0, tail.length - 11));
  return { ok: true, bytes, durationMs };
}

export function recordedCall(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    ...{ callSid: 'call-1', accountSid: 'acc', appId: 'app', direction: 'inbound', status: 'in-progress' },
    ...{ from: '+919876543210', to: '+918000000001', createdAt: new Date(), answeredAt: new Date(), durationSec: 0 },
    ...{ endedAt: undefined, termination: undefined, userId: undefined, exophone: undefined, customField: undefined },
    ...changes,
  };
}
