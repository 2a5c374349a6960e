let context: AudioContext | undefined;

/** Draws how loud a stream is into a bar, about 30 times a second, for as long as the tab is seen. */
export class LevelMeter {
  readonly #bar: HTMLElement;
  readonly #heard: ((level: number) => void) | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;
  #samples = new Float32Array(512);
  #frame = 0;
  #shown = 0;
  #stream: MediaStream | undefined;

  /** `heard` is told the level, 0 to 1, at each stroke. */
  constructor(bar: HTMLElement, heard?: (level: number) => void) {
    this.#bar = bar;
    this.#heard = heard;
  }

  /** Follows the stream from now on; the same one again changes nothing. */
  follow(stream: MediaStream | undefined): void {
    if (!stream || stream === this.#stream || stream.getAudioTracks().length === 0) return;
    this.stop();
    this.#stream = stream;
    context ??= new AudioContext();
    void context.resume();
    this.#source = context.createMediaStreamSource(stream);
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = this.#samples.length;
    this.#source.connect(this.#analyser);
    this.#draw();
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#source?.disconnect();
    this.#analyser?.disconnect();
    this.#source = this.#analyser = this.#stream = undefined;
    this.#bar.style.transform = '';
  }

  #draw(): void {
    this.#frame = requestAnimationFrame(() => this.#draw());
    if (!this.#analyser) return;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const decibel = 10 * Math.log10(sum / this.#samples.length + 1e-9);
    const level = Math.max(0, Math.min(1, (decibel + 60) / 52)); // −60 dB is empty, −8 dB is full.
    this.#shown = level > this.#shown ? level : this.#shown * 0.9; // Rises at once, falls slowly: readable.
    this.#heard?.(level);
    this.#bar.style.transform = `scaleX(${this.#shown.toFixed(3)})`;
  }
}
