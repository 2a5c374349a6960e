import { type CodecName, canCarry, type MediaLeg } from '@intermix/media';
import type { CallingParty } from './calling-party.js';
import type { Leg } from './leg.js';
import type { JoinedParty } from './media-join.js';
import { type Waiting, WaitingSound } from './waiting-sound.js';

const g711: readonly CodecName[] = ['PCMU', 'PCMA'];

/**
 * A calling party that has been answered by a program, and waits for somebody else: its codec is G.711 and stays, and it hears
 * something until the other answers, or sends tones of its own.
 */
export class WaitingParty implements JoinedParty {
  readonly #calling: CallingParty;
  readonly #sound: WaitingSound;

  constructor(calling: CallingParty, waiting: Waiting | undefined, onFailed: (error: unknown) => void) {
    this.#calling = calling;
    this.#sound = new WaitingSound(waiting, onFailed);
  }

  get leg(): Leg | undefined {
    return this.#calling.leg;
  }

  /** The codec of its own first, which needs no table. */
  get codecs(): readonly CodecName[] {
    const own = this.#media?.codec;
    return [...g711].sort((a, b) => Number(b === own) - Number(a === own));
  }

  get #media(): MediaLeg | undefined {
    return this.leg?.media;
  }

  start(): void {
    if (this.#media) this.#sound.start(this.#media);
  }

  stop(): void {
    this.#sound.stop();
  }

  hears(codec: CodecName | undefined): boolean {
    const own = this.#media?.codec;
    return own !== undefined && codec !== undefined && canCarry(codec, own);
  }

  async earlyMedia(_codec: CodecName | undefined, hasBegun: Promise<void>): Promise<void> {
    void hasBegun.then(() => this.stop());
  }

  async settle(): Promise<void> {}
}
