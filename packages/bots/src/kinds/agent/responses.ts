const maxCancelled = 50;

/**
 * When the provider is asked for a response. It makes one at a time: asked while one runs, it refuses; and after the caller's
 * words it makes one unasked.
 */
export class Responses {
  readonly #ask: (directive: string | undefined) => void;
  /** `asked`: of us, and not begun; `owed`: the caller has spoken, and it is to answer by itself. */
  #state: 'idle' | 'caller-speaks' | 'owed' | 'asked' | 'running' = 'idle';
  #runningId = '';
  /** The one that was asked for was cancelled before it began. */
  #isNextCancelled = false;
  #wanted: { directive: string | undefined } | undefined;
  #lastAsked: string | undefined;
  readonly #cancelled = new Set<string>();

  /** `ask`: sends the request. */
  constructor(ask: (directive: string | undefined) => void) {
    this.#ask = ask;
  }

  get isRunning(): boolean {
    return this.#state === 'running' || this.#state === 'asked';
  }

  get isCallerSpeaking(): boolean {
    return this.#state === 'caller-speaks';
  }

  /** Whether somebody waits for the provider. */
  get isAwaited(): boolean {
    return this.#state === 'owed' || this.#state === 'asked' || this.#state === 'running' || this.#wanted !== undefined;
  }

  /** Whether what still comes of a response was cancelled. */
  isCancelled(responseId: string): boolean {
    return this.#cancelled.has(responseId);
  }

  /** Now, or when the one that runs is done. The caller's words, while they last, bring one by themselves. */
  want(directive?: string): void {
    if (this.#state === 'idle') this.#request(directive);
    else if (this.#state !== 'caller-speaks') this.#wanted = { directive };
  }

  /** The same, whatever was thought to be on its way: nothing came. */
  insist(directive?: string): void {
    this.#wanted = undefined;
    this.#request(directive);
  }

  callerSpeaks(): void {
    this.#wanted = undefined;
    this.#state = 'caller-speaks';
  }

  callerPaused(): void {
    if (this.#state === 'caller-speaks') this.#state = 'owed';
  }

  started(responseId: string): void {
    if (this.#isNextCancelled) {
      this.#isNextCancelled = false;
      this.#forgo(responseId);
      return;
    }
    this.#state = 'running';
    this.#runningId = responseId;
  }

  done(responseId: string): void {
    this.#cancelled.delete(responseId);
    if (this.#state !== 'running' || (this.#runningId !== '' && responseId !== this.#runningId)) return;
    this.#state = 'idle';
    this.#goOn();
  }

  /** Another one was running when ours was asked for. */
  refusedAsBusy(): void {
    this.#isNextCancelled = false;
    if (this.#state !== 'asked') return;
    this.#state = 'running';
    this.#runningId = '';
    this.#wanted ??= { directive: this.#lastAsked };
  }

  /** Gives whether there is one to cancel: what still comes of it counts for nothing. */
  cancel(): boolean {
    if (!this.isRunning) return false;
    if (this.#state === 'asked') this.#isNextCancelled = true;
    else this.#forgo(this.#runningId);
    return true;
  }

  /** The connection is a new one. */
  reset(): void {
    this.#state = 'idle';
    this.#wanted = undefined;
    this.#isNextCancelled = false;
    this.#cancelled.clear();
  }

  #forgo(responseId: string): void {
    if (responseId !== '' && this.#cancelled.size < maxCancelled) this.#cancelled.add(responseId);
  }

  #goOn(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) this.#request(wanted.directive);
  }

  #request(directive: string | undefined): void {
    this.#state = 'asked';
    this.#runningId = '';
    this.#lastAsked = directive;
    this.#ask(directive);
  }
}
