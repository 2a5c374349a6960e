import { toneShare } from '@intermix/media';
import type { Baresip } from '@intermix/testkit';
import { eventually } from '@intermix/testkit';

/** Samples of a look at 8 kHz: a tenth of a second. */
const window = 800;

/** What a baresip hears, by the WAV files that it writes of each call. */
export class HeardAudio {
  readonly #phone: Baresip;

  constructor(phone: Baresip) {
    this.#phone = phone;
  }

  /** Waits until a tenth of a second that comes from now on is mostly this tone. */
  async expectTone(hz: number, timeoutMs = 10_000): Promise<void> {
    let from = this.#samples().length;
    const look = () => {
      const fresh = this.#samples().subarray(from);
      if (fresh.length < window) return false;
      from += window;
      return toneShare(fresh.subarray(0, window), hz) > 0.5;
    };
    await eventually(look, { timeoutMs, message: `${hz} Hz in baresip` });
  }

  /** Waits until the tone has not been heard for half a second: packets may stop, or hold silence. */
  async expectNoTone(hz: number, timeoutMs = 10_000): Promise<void> {
    let from = this.#samples().length;
    let quietSince = Date.now();
    const look = () => {
      const fresh = this.#samples().subarray(from);
      if (fresh.length >= window) {
        from += window;
        if (toneShare(fresh.subarray(0, window), hz) > 0.5) quietSince = Date.now();
      }
      return Date.now() - quietSince >= 500;
    };
    await eventually(look, { timeoutMs, message: `no ${hz} Hz in baresip` });
  }

  /** 16-bit samples of all calls so far; baresip begins a new file when a held call goes on. */
  #samples(): Int16Array {
    const pcm = Buffer.concat(this.#phone.heardWavs().map((wav) => wav.subarray(44, wav.length - (wav.length % 2))));
    return Int16Array.from({ length: pcm.length >> 1 }, (_, i) => pcm.readInt16LE(i * 2));
  }
}
