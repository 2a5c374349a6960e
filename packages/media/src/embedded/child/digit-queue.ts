import { MediaError } from '../../errors.js';
import { TelephoneEventSender } from '../../rtp/telephone-event-sender.js';
import type { OutboundStream } from './outbound-stream.js';
import { frameMs, type Pacer } from './pacer.js';

const pauseMs = 500;
/** Silence between two digits; carriers ask for 40 ms and more (ITU-T Q.24). */
const gapMs = 100;
const maxJobs = 16;

interface EventInProgress {
  sender: TelephoneEventSender;
  source: string;
  count: number;
}

interface Job {
  digits: string;
  durationMs: number;
  done: () => void;
  fail: (error: MediaError) => void;
}

/** Sends digits one after the other as telephone events; a second request waits for the first. RFC 4733. */
export class DigitQueue {
  readonly #outbound: OutboundStream;
  readonly #pacer: Pacer;
  readonly #jobs: Job[] = [];
  #stop: (() => void) | undefined;
  #position = 0;
  #waitFrames = 0;
  #event: EventInProgress | undefined;

  constructor(options: { outbound: OutboundStream; pacer: Pacer }) {
    this.#outbound = options.outbound;
    this.#pacer = options.pacer;
  }

  /** Resolves when the last packet is out; rejects with MediaError when the leg closes before or has no telephone-event. */
  send(digits: string, durationMs: number): Promise<void> {
    if (this.#jobs.length >= maxJobs) throw new MediaError('wrong-state', 'too many digits are waiting to be sent');
    return new Promise((done, fail) => {
      this.#jobs.push({ digits, durationMs, done, fail });
      this.#stop ??= this.#pacer.start(() => this.#tick());
    });
  }

  close(): void {
    this.#halt();
    const error = new MediaError('leg-closed', 'the leg was closed before all digits were sent');
    for (const job of this.#jobs.splice(0)) job.fail(error);
  }

  #tick(): void {
    if (this.#waitFrames > 0) {
      this.#waitFrames--;
      return;
    }
    if (this.#event) this.#sendNextPacket(this.#event);
    else this.#beginNext();
  }

  #beginNext(): void {
    const job = this.#jobs[0];
    if (!job) {
      this.#halt();
      return;
    }
    const digit = job.digits[this.#position++];
    if (digit === undefined) {
      this.#finish(job);
      return;
    }
    if (digit === ',') {
      this.#waitFrames = pauseMs / frameMs;
      return;
    }
    const clockRateHz = this.#outbound.media?.telephoneEvent?.clockRateHz;
    if (clockRateHz === undefined) {
      this.#jobs.shift();
      this.#position = 0;
      job.fail(new MediaError('no-telephone-event', 'the far end has not agreed to telephone-event'));
      return;
    }
    const sender = new TelephoneEventSender({ digit, durationMs: job.durationMs, clockRateHz });
    this.#event = { sender, source: this.#outbound.beginDigit(), count: 0 };
    this.#sendNextPacket(this.#event);
  }

  #sendNextPacket(event: EventInProgress): void {
    const packet = event.sender.next();
    if (packet) {
      this.#outbound.putEvent(packet.payload, packet.marker, event.source, event.count++);
      return;
    }
    this.#event = undefined;
    this.#outbound.endDigit();
    const hasMore = this.#position < (this.#jobs[0]?.digits.length ?? 0) || this.#jobs.length > 1;
    this.#waitFrames = hasMore ? gapMs / frameMs : 0;
  }

  #finish(job: Job): void {
    this.#jobs.shift();
    this.#position = 0;
    job.done();
  }

  #halt(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#event) this.#outbound.endDigit();
    this.#event = undefined;
  }
}
