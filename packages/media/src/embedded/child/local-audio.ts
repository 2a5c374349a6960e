import type { AudioSource, PlayEnd } from '../../attachments/attachment.js';
import { samplesPerFrame, ToneGenerator } from '../../audio/tone-generator.js';
import type { ToneSpec } from '../../types.js';
import { FilePlayer } from './file-player.js';
import type { Pacer } from './pacer.js';

/** One that speaks: `name` and `count` are its place in the stream that goes out. */
interface Voice {
  readonly name: string;
  readonly audio: AudioSource;
  count: number;
}

/** Takes a frame to the far end. */
export type PutFrame = (samples: Int16Array, source: string, index: number) => void;

const silence = new Int16Array(samplesPerFrame);

/**
 * What this server says to a far end by itself, a frame each 20 ms: attachments' sources (the last one first), a file, a
 * tone. Who is not heard is not asked either, so that nothing of it is lost: a file goes on where a bot interrupted it.
 */
export class LocalAudio {
  readonly #pacer: Pacer;
  readonly #put: PutFrame;
  readonly #newName: (kind: string) => string;
  readonly #maySpeak: () => boolean;
  readonly #sources: Voice[] = [];
  #file: { voice: Voice; player: FilePlayer } | undefined;
  #tone: Voice | undefined;
  #stopPacing: (() => void) | undefined;

  /** `maySpeak`: false while the far end is on hold or hears a digit; nobody is asked for audio then. */
  constructor(options: {
    pacer: Pacer;
    put: PutFrame;
    newName: (kind: string) => string;
    maySpeak: () => boolean;
  }) {
    this.#pacer = options.pacer;
    this.#put = options.put;
    this.#newName = options.newName;
    this.#maySpeak = options.maySpeak;
  }

  /** True while there is somebody who speaks in place of the bridge. */
  get isActive(): boolean {
    return this.#stopPacing !== undefined;
  }

  /** The returned function ends it. */
  feed(source: AudioSource): () => void {
    const voice = this.#voice('source', source);
    this.#sources.push(voice);
    this.#changed();
    return () => {
      const index = this.#sources.indexOf(voice);
      if (index >= 0) this.#sources.splice(index, 1);
      this.#changed();
    };
  }

  /** Plays 8 kHz samples; the file before ends. Resolves with the last frame. */
  playFile(samples: Int16Array, loop: boolean): Promise<PlayEnd> {
    this.#file?.player.stop();
    const player = new FilePlayer(samples, loop);
    this.#file = { player, voice: this.#voice('file', player) };
    this.#changed();
    return player.ended;
  }

  /** Plays a tone, in place of the one before. */
  playTone(tone: ToneSpec): void {
    this.#tone = this.#voice('tone', new ToneGenerator(tone));
    this.#changed();
  }

  /** Ends tone and file. */
  stopPlaying(): void {
    this.#file?.player.stop();
    this.#file = undefined;
    this.#tone = undefined;
    this.#changed();
  }

  close(): void {
    this.#sources.length = 0;
    this.stopPlaying();
  }

  #voice(kind: string, audio: AudioSource): Voice {
    return { name: this.#newName(kind), audio, count: 0 };
  }

  get #heard(): Voice | undefined {
    return this.#sources.at(-1) ?? this.#file?.voice ?? this.#tone;
  }

  #changed(): void {
    if (this.#heard) {
      this.#stopPacing ??= this.#pacer.start(() => this.#tick());
      return;
    }
    this.#stopPacing?.();
    this.#stopPacing = undefined;
  }

  #tick(): void {
    const voice = this.#heard;
    if (!voice || !this.#maySpeak()) return;
    const samples = voice.audio.next() ?? silence;
    this.#put(samples, voice.name, voice.count++);
    const file = this.#file;
    if (!file?.player.isOver) return;
    this.#file = undefined;
    this.#changed();
    file.player.finish();
  }
}
