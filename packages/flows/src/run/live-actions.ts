import type { CallControl, ConnectOutcome, ConnectParty, RecordingWish } from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type { PromptSpec } from '../document/prompt-spec.js';
import type { MessageTaker, TakenMessage } from '../ports/messages.js';
import type { PromptFiles } from '../ports/prompts.js';
import type { StreamOpener, StreamResult } from '../ports/streams.js';
import type { UserFinder } from '../ports/user-finder.js';
import { readAddress } from '../wire/dial-address.js';
import { callQuery } from '../wire/passthru-query.js';
import { DigitKeeper } from './digit-keeper.js';
import type {
  Asked,
  AskOptions,
  Collected,
  CollectWish,
  ConnectWish,
  ConverseWish,
  FlowActions,
} from './flow-actions.js';
import { connectRequest } from './live-connect.js';
import { promptWish } from './prompt-wish.js';
import { RunningStreams } from './running-streams.js';
import { UrlAsker, type UrlGetter } from './url-asker.js';

/** What flows use of the world. */
export interface LiveDeps {
  prompts: PromptFiles;
  openStream: StreamOpener;
  urls: UrlGetter;
  messages: MessageTaker;
  /** Where the recording of a call will be had; undefined when it is not being recorded. */
  recordingUrlOf: (callSid: string) => string | undefined;
  users: UserFinder;
  clock: Clock;
}

const beep = { frequenciesHz: [1000], onMs: 400, offMs: 60_000 };
const beepMs = 500;

/** What applets do, in a real call. */
export class LiveActions implements FlowActions {
  readonly #control: CallControl;
  readonly #deps: LiveDeps;
  readonly #fill: (text: string) => string;
  readonly #note: (data: Readonly<Record<string, unknown>>) => void;
  readonly #keeper: DigitKeeper;
  readonly #asker: UrlAsker;
  readonly #streams: RunningStreams;
  readonly #stopDigits: () => void;
  #isHungUp = false;

  constructor(
    control: CallControl,
    deps: LiveDeps,
    own: { fill: (text: string) => string; note: (data: Readonly<Record<string, unknown>>) => void },
  ) {
    this.#control = control;
    this.#deps = deps;
    this.#fill = own.fill;
    this.#note = own.note;
    this.#keeper = new DigitKeeper(deps.clock);
    this.#asker = new UrlAsker({ client: deps.urls });
    this.#streams = new RunningStreams(deps.openStream, control);
    this.#stopDigits = control.onDigit(({ digit }) => this.#keeper.handleDigit(digit));
  }

  /** The flow is over: nothing listens any more. Streams in the background go on while the call does. */
  close(): void {
    this.#stopDigits();
  }

  get isOver(): boolean {
    return this.#isHungUp || this.#control.signal.aborted;
  }

  async say(prompt: PromptSpec, { interruptible }: { interruptible: boolean }): Promise<'played' | 'interrupted'> {
    if (interruptible && this.#keeper.skips(prompt)) return 'interrupted';
    const { path } = await this.#fileOf(prompt);
    await this.#control.answer(); // Before the listener: what is to be stopped must be playing.
    if (interruptible && this.#keeper.skips(prompt)) return 'interrupted';
    const unlisten = interruptible ? this.#keeper.listen(() => void this.#stopPlaying()) : () => {};
    try {
      const { how } = await this.#control.playFile(path);
      if (how === 'played') return 'played';
      this.#keeper.noteSkipped(prompt);
      return 'interrupted';
    } finally {
      unlisten();
    }
  }

  async collect({ prompt, ...wish }: CollectWish): Promise<Collected> {
    await this.#control.answer(); // Digits come over the media of an answered call.
    if (prompt !== undefined) await this.#sayIfPossible(prompt);
    return this.#keeper.collect(wish, this.#control.signal);
  }

  forgetDigits(): void {
    this.#keeper.forget();
  }

  async connect(wish: ConnectWish): Promise<ConnectOutcome> {
    const parts = {
      fileOf: (prompt: PromptSpec) => this.#fileOf(prompt),
      refused: (what: string, error: string) => this.#note({ result: 'no-audio', what, error }),
      tell: (url: string) => this.#asker.tell(url),
      factsNow: () => ({ call: this.#control.call, now: new Date(this.#deps.clock.now()) }),
    };
    const outcome = await this.#control.connect(await connectRequest(wish, parts));
    this.#keeper.forget(); // What was pressed in the talk was for the other party.
    return outcome;
  }

  async partyOf(address: string): Promise<ConnectParty | undefined> {
    const { name, number } = readAddress(address);
    if (number === 'surely') return { type: 'number', number: name };
    const { accountSid, appId } = this.#control.call;
    const user = await this.#deps.users.findBySipName(accountSid, name, appId);
    if (user !== undefined) return { type: 'user', ...user };
    if (number === 'maybe') return { type: 'number', number: name };
    return (await this.#deps.users.hasTrunk(accountSid, name)) ? { type: 'trunk', carrierId: name } : undefined;
  }

  ask(url: string, options: AskOptions): Promise<Asked> {
    return this.#asker.ask(url, options);
  }

  tell(url: string): void {
    this.#asker.tell(url);
  }

  async converse(wish: ConverseWish): Promise<StreamResult> {
    await this.#control.answer();
    const end = await this.#streams.converse({ ...wish, ...this.#callOfStream() });
    this.#keeper.forget(); // Digits in the talk were the bot's.
    return end;
  }

  async startStream(wish: ConverseWish & { tracks: 'inbound' | 'outbound' | 'both'; name: string }): Promise<string> {
    await this.#control.answer();
    return this.#streams.start(wish.name, { ...wish, ...this.#callOfStream() });
  }

  stopStream(name: string): Promise<StreamResult | undefined> {
    return this.#streams.stop(name);
  }

  async takeMessage({
    beep: withBeep,
    finishOnKey,
    ...wish
  }: Parameters<FlowActions['takeMessage']>[0]): Promise<TakenMessage> {
    await this.#control.answer();
    if (withBeep) await this.#beep();
    this.#keeper.forget();
    const running = await this.#deps.messages.start(this.#control, wish);
    const until = { maxDigits: 1, finishOnKey, timeoutMs: wish.maxSec * 1000, interDigitTimeoutMs: 1 };
    const over = new AbortController();
    const key = this.#untilKey(until, over.signal).then(() => running.stop());
    try {
      return await running.taken;
    } finally {
      over.abort();
      await key;
    }
  }

  record(wish: RecordingWish): void {
    this.#control.record(wish);
  }

  pause(ms: number): Promise<void> {
    const { signal } = this.#control;
    return new Promise((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', goOn);
        resolve();
      };
      const timer = this.#deps.clock.schedule(ms, goOn);
      signal.addEventListener('abort', goOn, { once: true });
      if (signal.aborted) goOn();
    });
  }

  recordingUrl(): string | undefined {
    return this.#deps.recordingUrlOf(this.#control.call.callSid);
  }

  hangup(): void {
    this.#isHungUp = true;
    this.#control.hangup();
  }

  /** Until the key is pressed; other keys are part of the message. */
  async #untilKey(wish: Omit<CollectWish, 'prompt'>, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { how, digits } = await this.#keeper.collect(wish, signal);
      if (how === 'timeout' || signal.aborted || (how === 'digits' && digits === '')) return;
    }
  }

  async #beep(): Promise<void> {
    await this.#control.playTone(beep);
    await this.pause(beepMs);
    await this.#control.stopPlaying();
  }

  /** A question is asked even when its prompt cannot be heard: the caller may know the menu. */
  async #sayIfPossible(prompt: PromptSpec): Promise<void> {
    try {
      await this.say(prompt, { interruptible: true });
    } catch (error) {
      if (this.isOver) throw error;
      this.#note({ result: 'no-audio', what: 'prompt', error: messageOf(error) });
    }
  }

  #fileOf(prompt: PromptSpec): Promise<{ path: string; durationMs: number }> {
    return this.#deps.prompts.fileFor(this.#control.call.accountSid, promptWish(prompt, this.#fill));
  }

  async #stopPlaying(): Promise<void> {
    try {
      await this.#control.stopPlaying();
    } catch {
      // The caller has gone; so has the prompt.
    }
  }

  #callOfStream() {
    const { call } = this.#control;
    const direction = call.direction === 'inbound' ? 'incoming' : 'outbound-dial';
    return {
      ...{ callSid: call.callSid, accountSid: call.accountSid, from: call.from, to: call.to },
      callParameters: { ...Object.fromEntries(callQuery({ call })), Direction: direction },
    };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'unknown';
}
